/** Reductions. */
import { intAttribute } from '../attributes.ts';
import type { Dim } from '../graph.ts';
import { normalAxis } from './checks.ts';
import { axesInput, each, ofType, type Rule, type Rules, required, unknownDims } from './rule.ts';

const reduce: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  const keep = intAttribute(node, 'keepdims', 1) === 1;
  if (!dims) return [ofType(dtype, undefined)];
  const axes = inputs[1];
  const all = axes === undefined || axes.dims?.[0] === 0;
  if (all && intAttribute(node, 'noop_with_empty_axes', 0) === 1) return [ofType(dtype, dims)];
  const reduced = all ? dims.map((_, i) => i) : axesInput(node, axes, dims.length);
  if (reduced) return [ofType(dtype, without(dims, reduced, keep))];
  // Which axes go is not known, but how many.
  const count = axes?.dims?.[0];
  if (keep) return [ofType(dtype, unknownDims(node, dims.length))];
  return [ofType(dtype, typeof count === 'number' ? unknownDims(node, dims.length - count) : undefined)];
};

const without = (dims: readonly Dim[], axes: readonly number[], keep: boolean): Dim[] =>
  dims.flatMap((d, i) => (axes.includes(i) ? (keep ? [1] : []) : [d]));

const argument: Rule = (node, inputs) => {
  const { dims } = required(node, inputs, 0);
  if (!dims) return [ofType('int64', undefined)];
  const axis = normalAxis(node, intAttribute(node, 'axis', 0), dims.length);
  return [ofType('int64', without(dims, [axis], intAttribute(node, 'keepdims', 1) === 1))];
};

export const reductions: Rules = {
  ...each('ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum', reduce),
  ...each('ReduceLogSumExp ReduceSumSquare', reduce),
  ...each('ArgMax ArgMin', argument),
};
