/** Operator sets that nodes need beyond {@link OPSET}, for files that are written. */
import { subgraphs } from './edit.ts';
import { type Graph, type Node, OPSET } from './graph.ts';

/** First operator set of operators of `ai.onnx` that are younger than {@link OPSET}. */
const SINCE: ReadonlyMap<string, number> = new Map([
  ['RotaryEmbedding', 23],
  ['RMSNormalization', 23],
  ['Swish', 24],
  ['TensorScatter', 24],
  ['BitCast', 26],
  ['CumProd', 26],
  ['CausalConvWithState', 27],
  ['LinearAttention', 27],
]);

function neededBy(node: Node): number {
  const inside = subgraphs(node).map(neededOpset);
  const own = node.domain === '' ? (node.op === 'Attention' ? attentionNeeds(node) : (SINCE.get(node.op) ?? 0)) : 0;
  return Math.max(own, ...inside);
}

/** Lengths of rows came with 24, windows with 25. */
function attentionNeeds({ inputs, attributes }: Node): number {
  if (attributes.left_window_size || attributes.right_window_size) return 25;
  return inputs[6] ? 24 : 23;
}

/** The lowest version of `ai.onnx`, from {@link OPSET} on, that has all of the graph's operators. */
export function neededOpset(graph: Graph): number {
  return graph.nodes.reduce((version, node) => Math.max(version, neededBy(node)), OPSET);
}

/** The first version of the file format for an operator set. */
export function irVersionOf(opset: number): bigint {
  if (opset <= 22) return 10n;
  return opset === 23 ? 11n : opset === 24 ? 12n : opset <= 27 ? 13n : 14n;
}
