/**
 * Products of attention probabilities with values. CP-LRP takes the probabilities for constants: the values get all of
 * the relevance, and queries and keys none.
 *
 * @see https://arxiv.org/abs/2202.07304 "XAI for Transformers: Better Explanations through Conservative Propagation"
 */
import { producers } from '../../onnx/edit.ts';
import type { Graph, Node } from '../../onnx/graph.ts';

/** Operators between a softmax and the product: dropout, masks and other shapes. */
const BETWEEN: ReadonlySet<string> = new Set(['Dropout', 'Cast', 'Identity', 'Where', 'Mul', 'Reshape', 'Transpose']);

const weights = new WeakMap<Node, 0 | 1>();

/** Number of the factor that holds attention probabilities; undefined for any other product. */
export const attentionFactor = (node: Node): 0 | 1 | undefined => weights.get(node);

/** Notes the products of attention and values of a graph for {@link attentionFactor}; the graph stays as it is. */
export function findAttentionProducts(graph: Graph): Graph {
  const makers = producers(graph);
  const known = new Map<string, boolean>();
  const isAttention = (name: string): boolean => {
    const answer = known.get(name) ?? leadsToSoftmax(makers.get(name));
    known.set(name, answer);
    return answer;
  };
  const leadsToSoftmax = (maker: Node | undefined): boolean =>
    maker?.op === 'Softmax' || (maker !== undefined && BETWEEN.has(maker.op) && maker.inputs.some(isAttention));
  for (const node of graph.nodes) {
    if (node.op !== 'MatMul' && node.op !== 'Einsum') continue;
    const factor = node.inputs.findIndex(isAttention);
    if (factor === 0 || factor === 1) weights.set(node, factor);
  }
  return graph;
}
