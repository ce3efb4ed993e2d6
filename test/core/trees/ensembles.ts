/** Tree ensembles from nested trees, as nodes and graphs of either kind of operator. */
import { floats, int, ints, strings, tensorAttr } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Attribute, Graph, Node } from '../../../src/core/onnx/graph.ts';
import { MODES, type Mode } from '../../../src/core/trees/branches.ts';

export interface Leaf {
  /** Weight by raw score. */
  readonly weights: Readonly<Record<number, number>>;
  readonly count?: number;
}

export interface Split {
  readonly column: number;
  readonly mode: Mode;
  /** Several numbers for BRANCH_MEMBER. */
  readonly threshold: number | readonly number[];
  readonly nanTrue?: boolean;
  readonly whenTrue: Tree;
  readonly whenFalse: Tree;
  readonly count?: number;
}

export type Tree = Leaf | Split;

export const leaf = (weights: number | Readonly<Record<number, number>>, count?: number): Leaf => ({
  weights: typeof weights === 'number' ? { 0: weights } : weights,
  count,
});

/** A split that sends values up to the threshold to the first tree. */
export const split = (
  column: number,
  threshold: number,
  whenTrue: Tree,
  whenFalse: Tree,
  more: Partial<Split> = {},
): Split => ({
  column,
  mode: 'BRANCH_LEQ',
  threshold,
  whenTrue,
  whenFalse,
  ...more,
});

const isLeaf = (tree: Tree): tree is Leaf => 'weights' in tree;

/** TreeEnsembleRegressor or TreeEnsembleClassifier over input `x`; `attributes` name its targets or class labels. */
export function listedNode(op: string, trees: readonly Tree[], attributes: Record<string, Attribute>): Node {
  const kind = op.endsWith('Classifier') ? 'class' : 'target';
  const lists: Record<string, number[]> = {};
  const modes: string[] = [];
  const put = (name: string, value: number): void => {
    lists[name] ??= [];
    lists[name].push(value);
  };
  for (const [number, root] of trees.entries()) {
    const nodes: Tree[] = [root];
    for (let id = 0; id < nodes.length; id++) {
      const tree = nodes[id] as Tree;
      put('nodes_treeids', number);
      put('nodes_nodeids', id);
      put('nodes_hitrates', tree.count ?? 1);
      put('nodes_featureids', isLeaf(tree) ? 0 : tree.column);
      put('nodes_values', isLeaf(tree) ? 0 : (tree.threshold as number));
      put('nodes_missing_value_tracks_true', !isLeaf(tree) && tree.nanTrue ? 1 : 0);
      put('nodes_truenodeids', isLeaf(tree) ? 0 : nodes.push(tree.whenTrue) - 1);
      put('nodes_falsenodeids', isLeaf(tree) ? 0 : nodes.push(tree.whenFalse) - 1);
      modes.push(isLeaf(tree) ? 'LEAF' : tree.mode);
      for (const [target, weight] of isLeaf(tree) ? Object.entries(tree.weights) : []) {
        put(`${kind}_treeids`, number);
        put(`${kind}_nodeids`, id);
        put(`${kind}_ids`, Number(target));
        put(`${kind}_weights`, weight);
      }
    }
  }
  const real = new Set(['nodes_values', 'nodes_hitrates', `${kind}_weights`]);
  const listed = Object.entries(lists).map(([name, values]) => [name, real.has(name) ? floats(values) : ints(values)]);
  return {
    name: 'trees',
    op,
    domain: 'ai.onnx.ml',
    inputs: ['x'],
    outputs: kind === 'class' ? ['label', 'scores'] : ['scores'],
    attributes: { ...Object.fromEntries(listed), nodes_modes: strings(modes), ...attributes },
  };
}

/** TreeEnsemble of ai.onnx.ml 5. */
export function compactNode(trees: readonly Tree[], attributes: Record<string, Attribute> = {}): Node {
  const splits: Split[] = [];
  const leaves: [number, number][] = [];
  const children: { at: number; leaf: number }[][] = [[], []];
  const members: number[] = [];
  const add = (tree: Tree): { at: number; leaf: number } => {
    if (isLeaf(tree))
      return {
        at: leaves.push(Object.entries(tree.weights).map(([t, w]) => [Number(t), w])[0] as [number, number]) - 1,
        leaf: 1,
      };
    const at = splits.push(tree) - 1;
    if (typeof tree.threshold !== 'number') members.push(...tree.threshold, Number.NaN);
    (children[0] as unknown[])[at] = add(tree.whenTrue);
    (children[1] as unknown[])[at] = add(tree.whenFalse);
    return { at, leaf: 0 };
  };
  const roots = trees.map((tree) => add(tree).at);
  const [yes, no] = children as [{ at: number; leaf: number }[], { at: number; leaf: number }[]];
  const reals = (values: readonly number[]): Attribute => tensorAttr(makeConstant('float32', [values.length], values));
  return {
    name: 'trees',
    op: 'TreeEnsemble',
    domain: 'ai.onnx.ml',
    inputs: ['x'],
    outputs: ['scores'],
    attributes: {
      n_targets: int(1),
      tree_roots: ints(roots),
      nodes_featureids: ints(splits.map(({ column }) => column)),
      nodes_modes: tensorAttr(
        makeConstant(
          'uint8',
          [splits.length],
          splits.map(({ mode }) => MODES.indexOf(mode)),
        ),
      ),
      nodes_splits: reals(splits.map(({ threshold }) => (typeof threshold === 'number' ? threshold : 0))),
      nodes_missing_value_tracks_true: ints(splits.map(({ nanTrue }) => (nanTrue ? 1 : 0))),
      nodes_truenodeids: ints(yes.map(({ at }) => at)),
      nodes_trueleafs: ints(yes.map((child) => child.leaf)),
      nodes_falsenodeids: ints(no.map(({ at }) => at)),
      nodes_falseleafs: ints(no.map((child) => child.leaf)),
      leaf_targetids: ints(leaves.map(([target]) => target)),
      leaf_weights: reals(leaves.map(([, weight]) => weight)),
      ...(members.length > 0 && { membership_values: reals(members) }),
      ...attributes,
    },
  };
}

/** The node alone in a graph with the output `scores`. */
export const graphOf = (node: Node, columns: number): Graph => ({
  name: 'trees',
  opsets: { '': 21, 'ai.onnx.ml': node.op === 'TreeEnsemble' ? 5 : 3 },
  inputs: [{ name: 'x', dtype: 'float32', dims: ['N', columns] }],
  outputs: [{ name: 'scores', dtype: 'float32' }],
  constants: new Map(),
  nodes: [node],
});

export const regressor = (trees: readonly Tree[], attributes: Record<string, Attribute> = {}): Node =>
  listedNode('TreeEnsembleRegressor', trees, { n_targets: int(1), ...attributes });

export const classifier = (classes: number, trees: readonly Tree[], attributes: Record<string, Attribute> = {}): Node =>
  listedNode('TreeEnsembleClassifier', trees, {
    classlabels_int64s: ints(Array.from({ length: classes }, (_, i) => i)),
    ...attributes,
  });

/** The same numbers between 0 and 1 on every run, for the same seed. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A tree in which columns come again on a path, with whole numbers from 0 to 4 as thresholds. */
export function randomTree(
  draw: () => number,
  columns: number,
  depth: number,
  modes: readonly Mode[] = ['BRANCH_LEQ'],
  count = 1000,
): Tree {
  if (depth === 0 || count < 2 || draw() < 0.15) return leaf(Math.fround(2 * draw() - 1), count);
  const first = 1 + Math.floor(draw() * (count - 1));
  const mode = modes[Math.floor(draw() * modes.length)] as Mode;
  return {
    column: Math.floor(draw() * columns),
    mode,
    threshold: mode === 'BRANCH_MEMBER' ? [0, 2, 3].slice(Math.floor(draw() * 3)) : Math.floor(draw() * 5),
    nanTrue: draw() < 0.5,
    whenTrue: randomTree(draw, columns, depth - 1, modes, first),
    whenFalse: randomTree(draw, columns, depth - 1, modes, count - first),
    count,
  };
}
