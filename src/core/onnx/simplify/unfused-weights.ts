/**
 * Products of floats and dequantised weights, written so that the engine does not fuse them: onnxruntime 1.30 makes them
 * `com.microsoft.MatMulNBits` with activations rounded to 8 bits, and scores are off by up to a percent. A Max of one
 * tensor, which it does not remove, stands between the weights and the product.
 * @see https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits
 */
import { namesOf, producers, uniqueName } from '../edit.ts';
import type { Graph, Node } from '../graph.ts';

const PRODUCTS: ReadonlySet<string> = new Set(['MatMul', 'Gemm']);

/** Operators that onnxruntime moves in front of a dequantisation. */
const MOVES: ReadonlySet<string> = new Set(['Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity']);

export function unfusedWeights(graph: Graph): Graph {
  if (!graph.nodes.some(({ op }) => op === 'DequantizeLinear')) return graph;
  const makers = producers(graph);
  const dequantiser = (name = ''): Node | undefined => {
    let maker = makers.get(name);
    while (maker && MOVES.has(maker.op)) maker = makers.get(maker.inputs[0] ?? '');
    return maker?.op === 'DequantizeLinear' ? maker : undefined;
  };
  const isFused = ({ op, domain, inputs: [left, right] }: Node): boolean =>
    domain === '' &&
    PRODUCTS.has(op) &&
    graph.constants.has(dequantiser(right)?.inputs[0] ?? '') &&
    dequantiser(left) === undefined;
  let names: Set<string> | undefined;
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    if (!isFused(node)) return [node];
    names ??= namesOf(graph);
    const [left = '', right = '', ...others] = node.inputs;
    const name = uniqueName(`${right}/unfused`, names);
    const copy = { op: 'Max', domain: '', name, inputs: [right], outputs: [name], attributes: {} };
    return [copy, { ...node, inputs: [left, name, ...others] }];
  });
  return names === undefined ? graph : { ...graph, nodes };
}
