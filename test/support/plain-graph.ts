/** Graphs of ai.onnx that tests write down: nodes with one output, and what is around them. */
import { makeConstant } from '../../src/core/onnx/constant.ts';
import type { Attribute, Constant, Dim, Graph, Node } from '../../src/core/onnx/graph.ts';

export const node = (
  op: string,
  inputs: string[],
  output: string,
  attributes: Record<string, Attribute> = {},
): Node => ({
  name: `${op}_${output}`,
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes,
});

/** An input or output, float32 when no type is given. */
export type PlainValue = readonly [
  name: string,
  dims: readonly Dim[],
  dtype?: 'float32' | 'int64' | 'int32' | 'int16' | 'bool',
];

/** A constant of zeros. */
export const zeros = (...dims: number[]): Constant =>
  makeConstant('float32', dims, Array(dims.reduce((a, b) => a * b, 1)).fill(0));

export function plainGraph(
  inputs: PlainValue[],
  outputs: PlainValue[],
  nodes: Node[],
  constants: [string, Constant][] = [],
): Graph {
  const info = ([name, dims, dtype = 'float32']: PlainValue) => ({ name, dims, dtype });
  const named = { inputs: inputs.map(info), outputs: outputs.map(info), constants: new Map(constants) };
  return { name: 'g', opsets: { '': 21 }, nodes, ...named };
}
