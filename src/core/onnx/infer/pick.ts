/** Operators that pick elements by index, or depend on the data for how many they pick. */
import { intAttribute } from '../attributes.ts';
import { product } from '../dims.ts';
import type { Dim } from '../graph.ts';
import { expectSame, fail, normalAxis, show } from './checks.ts';
import { axisAttribute } from './ranges.ts';
import { each, numbers, ofType, type Rule, type Rules, required, sameType, unknownDim } from './rule.ts';

const gather: Rule = (node, inputs) => {
  const [{ dtype, dims }, indices] = [required(node, inputs, 0), required(node, inputs, 1)];
  if (!dims || !indices.dims) return [ofType(dtype, undefined)];
  if (dims.length === 0) fail(node, 'a scalar has nothing to gather from.');
  const axis = axisAttribute(node, dims.length, 0);
  const dim = dims[axis];
  if (typeof dim === 'number') {
    const outside = numbers(indices)?.find((i) => !(Number.isInteger(i) && i >= -dim && i < dim));
    if (outside !== undefined) fail(node, `index ${outside} is outside of axis ${axis} of ${show(dims)}.`);
  }
  return [ofType(dtype, [...dims.slice(0, axis), ...indices.dims, ...dims.slice(axis + 1)])];
};

const gatherElements: Rule = (node, inputs) => {
  const [{ dtype, dims }, indices] = [required(node, inputs, 0), required(node, inputs, 1)];
  if (dims && indices.dims) expectSame(node, dims.length, indices.dims.length, 'the dimensions of data and indices');
  return [ofType(dtype, indices.dims)];
};

const gatherND: Rule = (node, inputs) => {
  const [{ dtype, dims }, indices] = [required(node, inputs, 0), required(node, inputs, 1)];
  const depth = indices.dims?.at(-1);
  if (!dims || !indices.dims || typeof depth !== 'number') return [ofType(dtype, undefined)];
  const batch = intAttribute(node, 'batch_dims', 0);
  if (batch + depth > dims.length) fail(node, `indices of ${depth} numbers are too long for ${show(dims)}.`);
  return [ofType(dtype, [...indices.dims.slice(0, -1), ...dims.slice(batch + depth)])];
};

const topK: Rule = (node, inputs) => {
  const [{ dtype, dims }, k] = [required(node, inputs, 0), required(node, inputs, 1)];
  const axis = dims && axisAttribute(node, dims.length, -1);
  const result = dims?.with(axis as number, k.value?.[0] ?? unknownDim(node, axis as number));
  return [ofType(dtype, result), ofType('int64', result)];
};

const oneHot: Rule = (node, inputs) => {
  const [indices, depth, values] = [required(node, inputs, 0), required(node, inputs, 1), required(node, inputs, 2)];
  if (!indices.dims) return [ofType(values.dtype, undefined)];
  const axis = axisAttribute(node, indices.dims.length + 1, -1);
  return [ofType(values.dtype, indices.dims.toSpliced(axis, 0, depth.value?.[0] ?? unknownDim(node, axis)))];
};

const nonZero: Rule = (node, inputs) => {
  const rank = required(node, inputs, 0).dims?.length;
  // A scalar counts as a vector of one element.
  return [ofType('int64', [rank === undefined ? unknownDim(node, 0) : Math.max(rank, 1), unknownDim(node, 1)])];
};

const compress: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  const condition = numbers(inputs[1]);
  const chosen = (limit: Dim | undefined): number | undefined =>
    typeof limit === 'number' ? condition?.slice(0, limit).filter((c) => c !== 0).length : undefined;
  if (!node.attributes.axis) return [ofType(dtype, [chosen(dims && product(dims)) ?? unknownDim(node, 0)])];
  if (!dims) return [ofType(dtype, undefined)];
  const axis = axisAttribute(node, dims.length, 0);
  return [ofType(dtype, dims.with(axis, chosen(dims[axis]) ?? unknownDim(node, axis)))];
};

const unique: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  const count = unknownDim(node, 0);
  const axis = dims && node.attributes.axis && normalAxis(node, intAttribute(node, 'axis', 0), dims.length);
  const values = axis === undefined ? (node.attributes.axis ? undefined : [count]) : dims?.with(axis, count);
  const all = dims && (axis === undefined ? product(dims) : (dims[axis] as Dim));
  const inverse = [all ?? unknownDim(node, 0, 2)];
  return [ofType(dtype, values), ofType('int64', [count]), ofType('int64', inverse), ofType('int64', [count])];
};

/** Rows of (batch, class, box): as many as are selected. */
const nonMaxSuppression: Rule = (node) => [ofType('int64', [unknownDim(node, 0), 3])];

const multinomial: Rule = (node, inputs) => {
  const batch = required(node, inputs, 0).dims?.[0] ?? unknownDim(node, 0);
  return [
    ofType(intAttribute(node, 'dtype', 6) === 7 ? 'int64' : 'int32', [batch, intAttribute(node, 'sample_size', 1)]),
  ];
};

const det: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  return [ofType(dtype, dims?.slice(0, -2))];
};

/** Loss and, as second output, the log probabilities. */
const crossEntropy: Rule = (node, inputs) => {
  const [scores, labels] = [required(node, inputs, 0), required(node, inputs, 1)];
  const each = node.attributes.reduction?.value === 'none';
  return [ofType(scores.dtype, each ? labels.dims : []), ofType(scores.dtype, scores.dims)];
};

export const picks: Rules = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  ...each('ScatterElements ScatterND', sameType),
  TopK: topK,
  OneHot: oneHot,
  NonZero: nonZero,
  Compress: compress,
  Unique: unique,
  NonMaxSuppression: nonMaxSuppression,
  ReverseSequence: sameType,
  Multinomial: multinomial,
  Det: det,
  ...each('SoftmaxCrossEntropyLoss NegativeLogLikelihoodLoss', crossEntropy),
};
