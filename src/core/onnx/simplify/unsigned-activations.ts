/**
 * Quantised activations as uint8 where the model has int8: the same steps, 128 higher. onnxruntime does this itself on x86,
 * but not for the QuantizeLinear nodes that it adds when it moves a Transpose, and then refuses the graph (seen with 1.30).
 */
import { constantValues, makeConstant } from '../constant.ts';
import { consumers, hasConstants, namesOf, producers, uniqueName } from '../edit.ts';
import type { Constant, Graph, Node } from '../graph.ts';

const OFFSET = 128;

/** Zero points of the first input and of the output, by operator; both are of one type. */
const CONVOLUTIONS: Readonly<Record<string, readonly [input: number, output: number]>> = { QLinearConv: [2, 7] };

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
  if (!hasConstants(graph, 'int8')) return graph;
  const codes = signedCodes(graph);
  if (codes.size === 0) return graph;
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
    const places = zeroPoints(node).filter(([codeOf]) => codes.has(codeOf));
    if (places.length === 0) return node;
    const { output_dtype: _, ...attributes } = node.attributes;
    const inputs = [...node.inputs];
    for (const [, at] of places) inputs[at] = shift(node.inputs[at] as string);
    return { ...node, attributes: node.op === 'QuantizeLinear' ? attributes : node.attributes, inputs };
  });
  return { ...graph, nodes, constants };
}

/** Tensors of int8 codes that only quantisers, quantised convolutions and what moves codes make and read. */
function signedCodes(graph: Graph): ReadonlySet<string> {
  const readers = consumers(graph);
  const makers = producers(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const isInt8 = (node: Node, at: number | undefined): boolean =>
    at !== undefined && graph.constants.get(node.inputs[at] ?? '')?.dtype === 'int8';
  const codes = new Set<string>();
  for (const node of graph.nodes) {
    const [output = ''] = node.outputs;
    const [, made] = zeroPoints(node).find(([name]) => name === output) ?? [];
    if (isInt8(node, made) || (MOVES_CODES.has(node.op) && codes.has(node.inputs[0] ?? ''))) codes.add(output);
  }
  const fits = (name: string): boolean => {
    const both = [makers.get(name), ...(readers.get(name) ?? [])];
    return !outputs.has(name) && both.every((node) => node !== undefined && isShifted(node, name));
  };
  const isShifted = (node: Node, name: string): boolean => {
    const [input = ''] = node.inputs;
    const [output = ''] = node.outputs;
    if (MOVES_CODES.has(node.op)) return codes.has(input) && codes.has(output);
    if (CONVOLUTIONS[node.op] && !(codes.has(input) && codes.has(output))) return false;
    return zeroPoints(node).some(([codeOf, at]) => codeOf === name && isInt8(node, at));
  };
  for (let before = -1; before !== codes.size; ) {
    before = codes.size;
    for (const name of codes) if (!fits(name)) codes.delete(name);
  }
  return codes;
}

/** Tensors of codes that a node makes or reads, each with the place of its zero point among the node's inputs. */
function zeroPoints({ op, domain, inputs, outputs }: Node): readonly (readonly [codes: string, at: number])[] {
  if (domain !== '') return [];
  const [input = ''] = inputs;
  const [output = ''] = outputs;
  if (op === 'QuantizeLinear') return [[output, 2]];
  if (op === 'DequantizeLinear') return [[input, 2]];
  const places = CONVOLUTIONS[op];
  return places
    ? [
        [input, places[0]],
        [output, places[1]],
      ]
    : [];
}
