/** Lookups in the lists of TreeEnsembleClassifier and TreeEnsembleRegressor. */
import { intList } from '../onnx/attributes.ts';
import type { Node } from '../onnx/graph.ts';
import { invalid } from '../onnx/invalid.ts';
import { numbersAttribute } from './numbers.ts';
import type { Weight } from './writer.ts';

/** Positions of nodes in the lists, by the number of the tree and of the node. */
export class NodeIndex {
  /** The first node of each tree, which is its root. */
  readonly roots: readonly number[];
  private readonly starts = new Map<number, number>();
  private readonly ids: ArrayLike<number>;
  private readonly trees: ArrayLike<number>;
  private others: Map<string, number> | undefined;

  constructor(trees: ArrayLike<number>, ids: ArrayLike<number>) {
    for (let at = 0; at < trees.length; at++) {
      const tree = trees[at] as number;
      if (!this.starts.has(tree)) this.starts.set(tree, at);
    }
    this.roots = [...this.starts.values()];
    this.ids = ids;
    this.trees = trees;
  }

  /** Number of nodes in the lists. */
  get length(): number {
    return this.ids.length;
  }

  /** @throws WhylightError `invalid_model` where there is no such node */
  at(tree: number, id: number): number {
    // Nearly every file numbers the nodes of a tree from 0 in the order of the lists.
    const guess = (this.starts.get(tree) ?? 0) + id;
    if (this.ids[guess] === id && this.trees[guess] === tree) return guess;
    this.others ??= new Map(Array.from(this.ids, (other, at) => [`${this.trees[at]} ${other}`, at]));
    return (
      this.others.get(`${tree} ${id}`) ??
      invalid(`A tree ensemble names node ${id} of tree ${tree}, which is not in its lists.`, { tree, node: id })
    );
  }
}

export interface ListedWeights {
  /** Score of every leaf weight in the file. */
  readonly ids: ArrayLike<number>;
  /** Weights of the node at this place of the lists. */
  of(node: number): readonly Weight[];
}

/** @param kind `class` or `target`, how the attributes begin */
export function listedWeights(node: Node, kind: 'class' | 'target', index: NodeIndex): ListedWeights {
  const [trees, nodes, ids] = [`${kind}_treeids`, `${kind}_nodeids`, `${kind}_ids`].map((name) =>
    intList(node, name),
  ) as [ArrayLike<number>, ArrayLike<number>, ArrayLike<number>];
  const values = numbersAttribute(node, `${kind}_weights`);
  if (trees.length !== ids.length || nodes.length !== ids.length || values.length !== ids.length) {
    invalid(
      `${node.op} "${node.name}" has ${ids.length} ${kind}_ids, but ${trees.length} ${kind}_treeids, ${nodes.length} ${kind}_nodeids and ${values.length} ${kind}_weights.`,
    );
  }
  const owners = new Int32Array(ids.length);
  for (let i = 0; i < owners.length; i++) owners[i] = index.at(trees[i] as number, nodes[i] as number);
  const { starts, order } = grouped(owners, index.length);
  return {
    ids,
    of: (at) => {
      const weights: Weight[] = [];
      for (let i = starts[at] as number; i < (starts[at + 1] as number); i++) {
        const entry = order[i] as number;
        weights.push({ target: ids[entry] as number, value: values[entry] as number });
      }
      return weights;
    },
  };
}

/**
 * Weights of one leaf may stand anywhere: their entries in the order of the nodes that own them.
 * @returns entries of node `i` are `order[starts[i]]` to `order[starts[i + 1] - 1]`
 */
function grouped(owners: Int32Array, nodes: number): { starts: Int32Array; order: Int32Array } {
  const starts = new Int32Array(nodes + 1);
  for (const owner of owners) starts[owner + 1] = (starts[owner + 1] as number) + 1;
  for (let node = 0; node < nodes; node++) starts[node + 1] = (starts[node + 1] as number) + (starts[node] as number);
  const next = starts.slice();
  const order = new Int32Array(owners.length);
  for (const [entry, owner] of owners.entries()) {
    const at = next[owner] as number;
    order[at] = entry;
    next[owner] = at + 1;
  }
  return { starts, order };
}
