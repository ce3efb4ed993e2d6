/** Lookups in the lists of TreeEnsembleClassifier and TreeEnsembleRegressor. */
import { intsAttribute } from '../onnx/attributes.ts';
import type { Node } from '../onnx/graph.ts';
import { invalid } from '../onnx/invalid.ts';
import { numbersAttribute } from './numbers.ts';
import type { Weight } from './writer.ts';

/** Positions of nodes in the lists, by the number of the tree and of the node. */
export class NodeIndex {
  /** The first node of each tree, which is its root. */
  readonly roots: readonly number[];
  private readonly starts = new Map<number, number>();
  private readonly ids: readonly number[];
  private readonly trees: readonly number[];
  private others: Map<string, number> | undefined;

  constructor(trees: readonly number[], ids: readonly number[]) {
    for (let at = 0; at < trees.length; at++) {
      const tree = trees[at] as number;
      if (!this.starts.has(tree)) this.starts.set(tree, at);
    }
    this.roots = [...this.starts.values()];
    this.ids = ids;
    this.trees = trees;
  }

  /** @throws WhylightError `invalid_model` where there is no such node */
  at(tree: number, id: number): number {
    // Nearly every file numbers the nodes of a tree from 0 in the order of the lists.
    const guess = (this.starts.get(tree) ?? 0) + id;
    if (this.ids[guess] === id && this.trees[guess] === tree) return guess;
    this.others ??= new Map(this.ids.map((other, at) => [`${this.trees[at]} ${other}`, at]));
    return (
      this.others.get(`${tree} ${id}`) ??
      invalid(`A tree ensemble names node ${id} of tree ${tree}, which is not in its lists.`, { tree, node: id })
    );
  }
}

export interface ListedWeights {
  /** Score of every leaf weight in the file. */
  readonly ids: readonly number[];
  /** Weights of the node at this place of the lists. */
  of(node: number): readonly Weight[];
}

/** @param kind `class` or `target`, how the attributes begin */
export function listedWeights(node: Node, kind: 'class' | 'target', index: NodeIndex): ListedWeights {
  const [trees, nodes, ids] = [`${kind}_treeids`, `${kind}_nodeids`, `${kind}_ids`].map((name) =>
    intsAttribute(node, name, []),
  ) as [readonly number[], readonly number[], readonly number[]];
  const values = numbersAttribute(node, `${kind}_weights`);
  if (trees.length !== ids.length || nodes.length !== ids.length || values.length !== ids.length) {
    invalid(
      `${node.op} "${node.name}" has ${ids.length} ${kind}_ids, but ${trees.length} ${kind}_treeids, ${nodes.length} ${kind}_nodeids and ${values.length} ${kind}_weights.`,
    );
  }
  const owners = Int32Array.from(ids, (_, i) => index.at(trees[i] as number, nodes[i] as number));
  // Weights of one leaf may stand anywhere: a list of them that is sorted by leaf, without a copy for each leaf.
  const order = Int32Array.from(ids, (_, i) => i).sort(
    (a, b) => (owners[a] as number) - (owners[b] as number) || a - b,
  );
  const firstOf = new Map<number, number>();
  for (let i = order.length - 1; i >= 0; i--) firstOf.set(owners[order[i] as number] as number, i);
  return {
    ids,
    of: (at) => {
      const weights: Weight[] = [];
      for (let i = firstOf.get(at) ?? order.length; i < order.length && owners[order[i] as number] === at; i++) {
        const entry = order[i] as number;
        weights.push({ target: ids[entry] as number, value: values[entry] as number });
      }
      return weights;
    },
  };
}
