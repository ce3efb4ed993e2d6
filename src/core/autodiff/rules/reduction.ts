/** Reductions over axes, which are an input of the node; none means all, unless `noop_with_empty_axes`. */
import { intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import { defineRule, type Rule, type RuleCase, type RuleContext } from '../rule.ts';
import { known } from './axes.ts';

/** The reduced axes, none negative; undefined when the node reduces nothing. */
export function reducedAxes({ node, inputs: [x], optional }: RuleContext): readonly number[] | undefined {
  const rank = x.dims?.length ?? 0;
  const operand = optional(1);
  const axes = operand && known(operand, node, 'axes');
  if (axes && axes.length > 0) return axes.map((a) => (a < 0 ? a + rank : a));
  return intAttribute(node, 'noop_with_empty_axes', 0) === 1 ? undefined : Array.from({ length: rank }, (_, i) => i);
}

/** A reduced value with its lost axes back as dims of 1, so that it broadcasts against x. */
export function keepAxes(
  g: GraphBuilder,
  node: RuleContext['node'],
  x: Value,
  value: Value,
  axes: readonly number[],
): Value {
  if (intAttribute(node, 'keepdims', 1) === 1 || axes.length === 0) return value;
  if (value.dims && x.dims)
    return g.reshape(
      value,
      x.dims.map((d, i) => (axes.includes(i) ? 1 : d)),
      undefined,
    );
  return g.op('Unsqueeze', [value, g.ints(axes)]);
}

/** Number of elements that go into one, as a scalar of x's type. */
export function reducedCount(g: GraphBuilder, x: Value, axes: readonly number[]): Value {
  const extents = axes.map((a) => x.dims?.[a] ?? '?');
  if (isStatic(extents))
    return g.number(
      extents.reduce((a, b) => a * b, 1),
      x,
    );
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

interface Reduction {
  readonly g: GraphBuilder;
  readonly node: RuleContext['node'];
  readonly x: Value;
  /** Result and cotangent, their lost axes back as dims of 1. */
  readonly y: Value;
  readonly dy: Value;
  readonly axes: readonly number[];
}

/** A rule that only says what each element of x gets; `spread` may give less than x's shape when all get the same. */
function reduction(definition: {
  op: string;
  since: readonly number[];
  note?: string;
  range?: readonly [number, number];
  extra?: readonly RuleCase[];
  spread(reduction: Reduction): Value;
}): Rule {
  const { spread, range, extra = [], ...rest } = definition;
  return defineRule({
    ...rest,
    vjp(context) {
      const {
        g,
        node,
        inputs: [x],
        outputs: [y],
        cotangents: [dy],
      } = context;
      // Over no axes at all an element is reduced with itself alone.
      const axes = reducedAxes(context) ?? [];
      return [spread({ g, node, x, y: keepAxes(g, node, x, y, axes), dy: keepAxes(g, node, x, dy, axes), axes })];
    },
    cases: [...reductionCases(range), ...extra],
  });
}

export const reductionRules: readonly Rule[] = [
  reduction({ op: 'ReduceSum', since: [1, 11, 13], spread: ({ dy }) => dy }),
  reduction({
    op: 'ReduceMean',
    since: [1, 11, 13, 18],
    spread: ({ g, x, dy, axes }) => (axes.length === 0 ? dy : g.div(dy, reducedCount(g, x, axes))),
  }),
  ...(['ReduceMax', 'ReduceMin'] as const).map((op) =>
    reduction({
      op,
      since: [1, 11, 12, 13, 18, 20],
      note: 'Equal extremes share evenly, as in PyTorch.',
      spread({ g, x, y, dy, axes }) {
        const won = g.op('CastLike', [g.op('Equal', [x, y]), x]);
        return g.mul(won, g.div(dy, g.reduce('ReduceSum', won, axes)));
      },
    }),
  ),
  reduction({
    op: 'ReduceProd',
    since: [1, 11, 13, 18],
    note: 'Exact with zeros among the factors.',
    spread({ g, x, dy, axes }) {
      // The product of the others: with the zeros taken out it is p / x, unless another zero is among them.
      const isZero = g.op('Equal', [x, g.number(0, x)]);
      const factors = g.where(isZero, g.number(1, x), x);
      const rest = g.div(g.op('ReduceProd', [factors, g.ints(axes)], { noop_with_empty_axes: 1 }), factors);
      const zeros = g.op('CastLike', [isZero, x]);
      const others = g.sub(g.reduce('ReduceSum', zeros, axes), zeros);
      return g.mul(dy, g.where(g.op('Equal', [others, g.number(0, x)]), rest, g.number(0, x)));
    },
    extra: [
      {
        inputs: [
          { dims: [2, 4], data: [1, 0, 2, -1, 0, 3, 0, 2] },
          { dims: [1], data: [1], dtype: 'int64', constant: true },
        ],
      },
    ],
  }),
  reduction({ op: 'ReduceL1', since: [1, 11, 13, 18], spread: ({ g, x, dy }) => g.mul(dy, g.op('Sign', [x])) }),
  reduction({
    op: 'ReduceL2',
    since: [1, 11, 13, 18],
    note: 'Zero at the origin.',
    spread: ({ g, x, y, dy }) => g.mul(x, g.div(dy, g.where(g.op('Equal', [y, g.number(0, y)]), g.number(1, y), y))),
  }),
  reduction({
    op: 'ReduceLogSum',
    since: [1, 11, 13, 18],
    range: [0.5, 2],
    spread: ({ g, y, dy }) => g.div(dy, g.op('Exp', [y])),
  }),
  reduction({
    op: 'ReduceLogSumExp',
    since: [1, 11, 13, 18],
    spread: ({ g, x, y, dy }) => g.mul(dy, g.op('Exp', [g.sub(x, y)])),
  }),
  reduction({ op: 'ReduceSumSquare', since: [1, 11, 13, 18], spread: ({ g, x, dy }) => g.mul(dy, g.add(x, x)) }),
];
