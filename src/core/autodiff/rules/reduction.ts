/** Reductions over axes, which are an input of the node; none means all, unless `noop_with_empty_axes`. */
import { intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import { defineRule, type Rule, type RuleCase, type RuleContext } from '../rule.ts';

/** The reduced axes, none negative; undefined when the node reduces nothing. */
export function reducedAxes({ node, inputs: [x], optional }: RuleContext): readonly number[] | undefined {
  const rank = x.dims?.length ?? 0;
  const axes = optional(1)?.value as readonly number[] | undefined;
  if (axes && axes.length > 0) return axes.map((a) => (a < 0 ? a + rank : a));
  return intAttribute(node, 'noop_with_empty_axes', 0) === 1 ? undefined : Array.from({ length: rank }, (_, i) => i);
}

/** A reduced value with its lost axes back as extents of 1, so that it broadcasts against x. */
export function keepAxes(g: GraphBuilder, node: RuleContext['node'], x: Value, value: Value, axes: readonly number[]): Value {
  if (intAttribute(node, 'keepdims', 1) === 1 || axes.length === 0) return value;
  if (value.dims && x.dims) return g.reshape(value, x.dims.map((d, i) => (axes.includes(i) ? 1 : d)), undefined);
  return g.op('Unsqueeze', [value, g.ints(axes)]);
}

/** Number of elements that go into one, as a scalar of x's type. */
export function reducedCount(g: GraphBuilder, x: Value, axes: readonly number[]): Value {
  const extents = axes.map((a) => x.dims?.[a] ?? '?');
  if (isStatic(extents)) return g.number(extents.reduce((a, b) => a * b, 1), x);
  const shape = g.op('Gather', [g.op('Shape', [x]), g.ints(axes)]);
  return g.op('CastLike', [g.op('ReduceProd', [shape], { keepdims: 0 }), x]);
}

const axesInput = (...axes: number[]) => ({ dims: [axes.length], data: axes, dtype: 'int64' as const, constant: true });
export const reductionCases = (range: readonly [number, number] = [-1, 1]): readonly RuleCase[] => [
  { inputs: [{ dims: [2, 3, 4], range }] },
  { inputs: [{ dims: [2, 3, 4], range }], attributes: { keepdims: 0 } },
  { inputs: [{ dims: [2, 3, 4], range }, axesInput(1)] },
  { inputs: [{ dims: [2, 3, 4], range }, axesInput(0, -1)], attributes: { keepdims: 0 } },
  { inputs: [{ dims: [2, 3], range }], attributes: { noop_with_empty_axes: 1 } },
];

export const reductionRules: readonly Rule[] = [
  defineRule({
    op: 'ReduceSum',
    since: [1, 11, 13],
    vjp(context) {
      const { g, node, inputs: [x], cotangents: [dy] } = context;
      const axes = reducedAxes(context);
      return [axes ? g.expandLike(keepAxes(g, node, x, dy, axes), x) : dy];
    },
    cases: reductionCases(),
  }),
  defineRule({
    op: 'ReduceMean',
    since: [1, 11, 13, 18],
    vjp(context) {
      const { g, node, inputs: [x], cotangents: [dy] } = context;
      const axes = reducedAxes(context);
      if (!axes) return [dy];
      return [g.expandLike(g.div(keepAxes(g, node, x, dy, axes), reducedCount(g, x, axes)), x)];
    },
    cases: reductionCases(),
  }),
];
