/** Tree ensembles of ONNX graphs. */
import { WhylightError } from '../errors.ts';
import type { Node } from '../onnx/graph.ts';
import type { TreeEnsemble } from './ensemble.ts';
import { readCompact } from './read-compact.ts';
import { readListed } from './read-listed.ts';

export interface ReadTreesOptions {
  /**
   * Training rows that came to each node, in the order in which the file lists the nodes: in place of `nodes_hitrates`.
   * Only for the operators that list leaves among the nodes.
   */
  readonly counts?: ArrayLike<number>;
}

/** Tells if a node is a tree ensemble. */
export const isTreeEnsemble = ({ domain, op }: Pick<Node, 'domain' | 'op'>): boolean =>
  domain === 'ai.onnx.ml' && /^TreeEnsemble(Classifier|Regressor)?$/.test(op);

/**
 * The trees of a TreeEnsembleClassifier or TreeEnsembleRegressor (ai.onnx.ml 1 and 3), or a TreeEnsemble (5).
 *
 * @throws WhylightError `invalid_model` for attributes that contradict each other, `unprocessable_method` for a node
 * that is no tree ensemble
 * @see https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html
 * @example
 * const ensemble = readEnsemble(graph.nodes.find(isTreeEnsemble));
 * rawScores(ensemble, Float64Array.of(5.1, 3.5, 1.4, 0.2));
 */
export function readEnsemble(node: Node, options: ReadTreesOptions = {}): TreeEnsemble {
  if (!isTreeEnsemble(node)) {
    throw new WhylightError('unprocessable_method', `${node.op} "${node.name}" is no tree ensemble.`, {
      node: node.name,
      op: node.op,
    });
  }
  const { counts } = options;
  if (counts) return node.op === 'TreeEnsemble' ? readCompact(node) : readListed(node, counts);
  const known = ensembles.get(node.attributes);
  const ensemble = known ?? (node.op === 'TreeEnsemble' ? readCompact(node) : readListed(node));
  ensembles.set(node.attributes, ensemble);
  return ensemble;
}

/** A large ensemble takes as much memory as its file: all who read it share the arrays, which nobody changes. */
const ensembles = new WeakMap<Node['attributes'], TreeEnsemble>();
