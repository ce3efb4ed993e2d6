/** Operators that make a value from an attribute, a shape or a type. */

import { intAttribute, intsAttribute } from '../attributes.ts';
import { constantValues } from '../constant.ts';
import { ceilDivide, isStatic, maximum, product, subtract } from '../dims.ts';
import type { Constant, Dim, Node } from '../graph.ts';
import { fail } from './checks.ts';
import { typeAttribute } from './elementwise.ts';
import { shapeInput } from './reshape.ts';
import {
  each,
  type Inferred,
  MAX_KNOWN,
  numbers,
  ofType,
  type Rule,
  type Rules,
  required,
  unknownDim,
} from './rule.ts';

/** Types of constants seen before: a graph is inferred many times on its way through the compiler. */
const seen = new WeakMap<Constant, Inferred>();

/** A constant's type and, if it is small, its content. */
export function ofConstant(constant: Constant): Inferred {
  const known = seen.get(constant);
  if (known) return known;
  const { dtype, dims } = constant;
  const small = dims.reduce((n, d) => n * d, 1) <= MAX_KNOWN;
  const inferred = { dtype, dims, ...(small && { value: Array.from(constantValues(constant)) }) };
  seen.set(constant, inferred);
  return inferred;
}

/** The tensor that a Constant node holds in one of its attributes. */
export function constantType(node: Node): Inferred {
  const [[name, attribute] = []] = Object.entries(node.attributes).filter(([key]) => key.startsWith('value'));
  if (attribute?.type === 'tensor') return ofConstant(attribute.value);
  if (attribute?.type === 'int') return { dtype: 'int64', dims: [], value: [attribute.value] };
  if (attribute?.type === 'float') return { dtype: 'float32', dims: [], value: [attribute.value] };
  if (attribute?.type === 'ints') return { dtype: 'int64', dims: [attribute.value.length], value: attribute.value };
  if (attribute?.type === 'floats') return { dtype: 'float32', dims: [attribute.value.length], value: attribute.value };
  return fail(node, `it holds ${name ? `"${name}"` : 'nothing'}, expected a tensor or numbers.`);
}

const constantOfShape: Rule = (node, inputs) => {
  const fill = node.attributes.value;
  const shape = shapeInput(node, required(node, inputs, 0));
  if (shape?.some((d) => typeof d === 'number' && d < 0)) fail(node, `its shape [${shape.join(', ')}] is negative.`);
  return [ofType(fill?.type === 'tensor' ? fill.value.dtype : 'float32', shape)];
};

const shapeOf: Rule = (node, inputs) => {
  const part = shapePart(node, required(node, inputs, 0).dims);
  return [{ dtype: 'int64', dims: [part?.length ?? unknownDim(node, 0)], value: part }];
};

/** The dims that a Shape node gives. */
const shapePart = (node: Node, dims: readonly Dim[] | undefined): Dim[] | undefined =>
  dims?.slice(intAttribute(node, 'start', 0), intAttribute(node, 'end', dims.length));

const size: Rule = (node, inputs) => {
  const { dims } = required(node, inputs, 0);
  return [{ dtype: 'int64', dims: [], value: dims && [product(dims)] }];
};

const range: Rule = (node, inputs) => {
  const { dtype, value: [start] = [] } = required(node, inputs, 0);
  const [limit, delta] = [required(node, inputs, 1).value?.[0], numbers(required(node, inputs, 2))?.[0]];
  return [ofType(dtype, [rangeLength(start, limit, delta) ?? unknownDim(node, 0)])];
};

function rangeLength(start?: Dim, limit?: Dim, delta?: number): Dim | undefined {
  if (start === undefined || limit === undefined || !delta) return undefined;
  if (isStatic([start, limit])) return Math.max(0, Math.ceil((Number(limit) - Number(start)) / delta));
  if (!Number.isInteger(delta)) return undefined;
  const span = delta > 0 ? subtract(limit, start) : subtract(start, limit);
  return maximum(0, ceilDivide(span, Math.abs(delta)));
}

const eyeLike: Rule = (node, inputs) => [ofType(typeAttribute(node, 'dtype', inputs), required(node, inputs, 0).dims)];

const random: Rule = (node, inputs) => [
  ofType(typeAttribute(node, 'dtype', inputs, 'float32'), intsAttribute(node, 'shape', [])),
];

/** Windows of a signal, such as Hann's. */
const signalWindow: Rule = (node, inputs) => {
  const length = required(node, inputs, 0).value?.[0];
  return [ofType(typeAttribute(node, 'output_datatype', inputs, 'float32'), [length ?? unknownDim(node, 0)])];
};

export const makers: Rules = {
  Constant: (node) => [constantType(node)],
  ConstantOfShape: constantOfShape,
  Shape: shapeOf,
  Size: size,
  Range: range,
  ...each('EyeLike RandomNormalLike RandomUniformLike Bernoulli', eyeLike),
  ...each('RandomNormal RandomUniform', random),
  ...each('HannWindow HammingWindow BlackmanWindow', signalWindow),
};
