/** Models of one node, for checks against the engine. */

import { makeConstant } from '../../../src/core/onnx/constant.ts';
import { evaluate } from '../../../src/core/onnx/dims.ts';
import type { Attribute, Constant, Dim, Graph, Node } from '../../../src/core/onnx/graph.ts';
import { ofConstant } from '../../../src/core/onnx/infer/make.ts';
import type { Inferred } from '../../../src/core/onnx/infer.ts';
import { type DataType, sizeOf } from '../../../src/core/tensor/tensor.ts';

/** Numbers are ints, lists are ints, texts are strings; floats are written as attributes. */
export type Attributes = Record<string, number | readonly number[] | string | Attribute>;

/** An operand: a constant, or an input of this shape, filled with numbers. */
export type Operand = Constant | { readonly dtype: DataType; readonly dims: readonly Dim[] };

export interface Case {
  readonly op: string;
  readonly inputs: readonly (Operand | undefined)[];
  readonly attributes?: Attributes;
  readonly outputs?: number;
  readonly domain?: string;
}

export const float = (...dims: Dim[]): Operand => ({ dtype: 'float32', dims });
export const of = (dtype: DataType, ...dims: Dim[]): Operand => ({ dtype, dims });
export const ints = (...values: number[]): Constant => makeConstant('int64', [values.length], values);
export const int = (value: number): Constant => makeConstant('int64', [], [value]);
export const number = (value: number): Constant => makeConstant('float32', [], [value]);
export const constant = makeConstant;
export const f = (value: number): Attribute => ({ type: 'float', value });

/** Values of the symbolic dims when a case is run. */
export const EXTENTS = { N: 2, H: 9, W: 8, T: 5 };

export const isConstant = (operand: Operand): operand is Constant => 'bytes' in operand;

const attribute = (value: Attributes[string]): Attribute => {
  if (typeof value === 'number') return { type: 'int', value };
  if (typeof value === 'string') return { type: 'string', value };
  return Array.isArray(value) ? { type: 'ints', value } : (value as Attribute);
};

export function nodeOf({ op, inputs, attributes = {}, outputs = 1, domain = '' }: Case): Node {
  return {
    name: `the_${op}`,
    op,
    domain,
    inputs: inputs.map((operand, i) => (operand ? `x${i}` : '')),
    outputs: Array.from({ length: outputs }, (_, i) => `y${i}`),
    attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, attribute(value)])),
  };
}

export const typeOf = (operand: Operand | undefined): Inferred | undefined =>
  operand && (isConstant(operand) ? ofConstant(operand) : { dtype: operand.dtype, dims: operand.dims });

export const bind = (dims: readonly Dim[]): number[] => dims.map((d) => evaluate(d, EXTENTS) ?? Number.NaN);

/** Numbers that differ from each other, positive so that every operator likes them; booleans alternate. */
export function filled({ dtype, dims }: Exclude<Operand, Constant>, seed: number): Constant {
  const shape = bind(dims);
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => {
    const whole = (i * 7 + seed * 3) % 11;
    return dtype === 'bool' ? whole % 2 : dtype.includes('float') ? 0.25 + whole / 8 : whole + 1;
  });
  return makeConstant(dtype, shape, values);
}

/** The case as a model whose operands are inputs, or constants where they are such. */
export function graphOf(one: Case, types: readonly Inferred[]): Graph {
  const node = nodeOf(one);
  const operands = one.inputs.flatMap((operand, i) => (operand ? [{ operand, name: `x${i}` }] : []));
  return {
    name: 'one',
    opsets: { '': 21, ...(one.domain && { [one.domain]: 1 }) },
    inputs: operands.flatMap(({ operand, name }) => (isConstant(operand) ? [] : [{ name, ...operand }])),
    outputs: node.outputs.map((name, i) => ({ name, dtype: (types[i] as Inferred).dtype })),
    constants: new Map(
      operands.flatMap(({ operand, name }) => (isConstant(operand) ? [[name, operand] as const] : [])),
    ),
    nodes: [node],
  };
}
