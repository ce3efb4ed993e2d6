/**
 * Quantised activations as uint8 where the model has int8: the same steps, 128 higher. onnxruntime does this itself on x86,
 * but not for the QuantizeLinear nodes that it adds when it moves a Transpose, and then refuses the graph (seen with 1.30).
 */
import { constantValues, makeConstant } from '../constant.ts';
import { consumers, namesOf, uniqueName } from '../edit.ts';
import type { Constant, Graph, Node } from '../graph.ts';

const OFFSET = 128;

/** Operators that give the codes of their first input in another shape or order. */
const MOVES_CODES: ReadonlySet<string> = new Set([
  'Transpose',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Identity',
]);

export function unsignedActivations(graph: Graph): Graph {
  const readers = consumers(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const changed = new Set<Node>();
  /** The nodes that turn codes back into numbers, also behind what only moves codes; undefined where others read them. */
  const dequantizers = (codes: string): Node[] | undefined => {
    if (outputs.has(codes)) return undefined;
    const ends: Node[] = [];
    for (const reader of readers.get(codes) ?? []) {
      if (reader.inputs[0] !== codes) return undefined;
      const found = isQuantizer(reader, 'DequantizeLinear', graph)
        ? [reader]
        : MOVES_CODES.has(reader.op)
          ? dequantizers(reader.outputs[0] as string)
          : undefined;
      if (!found) return undefined;
      ends.push(...found);
    }
    return ends;
  };
  for (const node of graph.nodes) {
    const result = node.outputs[0] ?? '';
    if (!isQuantizer(node, 'QuantizeLinear', graph) || outputs.has(result)) continue;
    const ends = dequantizers(result);
    if (ends) for (const each of [node, ...ends]) changed.add(each);
  }
  if (changed.size === 0) return graph;
  const names = namesOf(graph);
  const constants = new Map(graph.constants);
  const shifted = new Map<string, string>();
  const shift = (zero: string): string => {
    const known = shifted.get(zero);
    if (known) return known;
    const name = uniqueName(`${zero}/unsigned`, names);
    const constant = graph.constants.get(zero) as Constant;
    const values = Array.from(constantValues(constant), (value) => value + OFFSET);
    constants.set(name, makeConstant('uint8', constant.dims, values));
    shifted.set(zero, name);
    return name;
  };
  const nodes = graph.nodes.map((node) => {
    if (!changed.has(node)) return node;
    const { output_dtype: _, ...attributes } = node.attributes;
    return { ...node, attributes, inputs: node.inputs.with(2, shift(node.inputs[2] as string)) };
  });
  return { ...graph, nodes, constants };
}

/** A node of this operator whose zero point is a constant of int8. */
const isQuantizer = (node: Node, op: string, { constants }: Graph): boolean =>
  node.op === op && node.domain === '' && constants.get(node.inputs[2] ?? '')?.dtype === 'int8';
