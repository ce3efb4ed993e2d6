/** Models that a `cases.json` writes out as text: ONNX's operators, attributes and names, row-major numbers. */
import { WhylightError } from '../../src/core/errors.ts';
import { Model } from '../../src/core/model/model.ts';
import { makeConstant } from '../../src/core/onnx/constant.ts';
import type { Attribute, Constant, Graph, Node } from '../../src/core/onnx/graph.ts';
import { write } from '../../src/core/onnx/write.ts';

export interface GraphText {
  readonly opset: number;
  readonly inputs: readonly { readonly name: string; readonly shape: readonly (number | string)[] }[];
  readonly initializers: Readonly<Record<string, ConstantText>>;
  readonly nodes: readonly NodeText[];
  readonly outputs: readonly string[];
}

interface ConstantText {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly dtype: 'float32' | 'int64';
}

interface NodeText {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attrs?: Readonly<Record<string, unknown>>;
}

/**
 * The model of a graph. It is written to bytes and read back, so that it goes the way of every other model.
 *
 * @param shapes of the inputs in the case: some elementwise models are used at another rank than they are written at
 */
export function modelFromText(text: GraphText, shapes: Readonly<Record<string, readonly number[]>>): Promise<Model> {
  const graph: Graph = {
    name: 'case',
    opsets: { '': text.opset },
    inputs: text.inputs.map(({ name, shape }) => {
      const used = shapes[name] ?? shape;
      return { name, dtype: 'float32', dims: used.length === shape.length ? shape : ['N', ...used.slice(1)] };
    }),
    outputs: text.outputs.map((name) => ({ name, dtype: 'float32' })),
    constants: new Map(Object.entries(text.initializers).map(([name, constant]) => [name, constantOf(constant)])),
    nodes: text.nodes.map(nodeOf),
  };
  return Model.read({ bytes: write(graph).graph });
}

function constantOf({ shape, data, dtype }: ConstantText): Constant {
  return makeConstant(dtype, shape, data);
}

function nodeOf({ op, inputs, outputs, attrs = {} }: NodeText, index: number): Node {
  const attributes = Object.entries(attrs).map(([name, value]) => [name, attributeOf(name, value)] as const);
  return { name: `${op}_${index}`, op, domain: '', inputs, outputs, attributes: Object.fromEntries(attributes) };
}

/** JSON has one kind of number. Attributes that are floats in ONNX are named here. */
const FLOATS = new Set(['alpha', 'beta', 'gamma', 'epsilon', 'bias', 'momentum', 'lambd', 'ratio']);

function attributeOf(name: string, value: unknown): Attribute {
  if (typeof value === 'number') return { type: FLOATS.has(name) ? 'float' : 'int', value };
  if (typeof value === 'string') return { type: 'string', value };
  if (Array.isArray(value) && value.every((item) => typeof item === 'number')) return { type: 'ints', value };
  throw new WhylightError(
    'invalid_config',
    `The attribute "${name}" is neither a number, a text nor a list of numbers.`,
  );
}
