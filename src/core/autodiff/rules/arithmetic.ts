/** Arithmetic on two or more operands with broadcasting: the driver sums each cotangent back to its operand's shape. */
import { defineRule, type Rule, type RuleCase, type RuleContext } from '../rule.ts';

const broadcasts: readonly RuleCase[] = [
  {
    inputs: [
      [2, 3],
      [2, 3],
    ],
  },
  {
    inputs: [
      [2, 3, 4],
      [3, 1],
    ],
  },
  {
    inputs: [
      [2, 1, 4],
      [3, 1],
    ],
  },
  { inputs: [[], [2]] },
  { inputs: [[4], [2, 3, 4]] },
];
const awayFromZero = { dims: [3, 1], range: [0.5, 2] as const };

/** Operands whose values stay apart. */
const apart: readonly RuleCase[] = [
  {
    inputs: [
      { dims: [2, 3], data: [1, -1, 0.3, 2, 0.1, -0.4] },
      { dims: [3], data: [0.5, -0.5, 0.6] },
    ],
  },
  {
    inputs: [
      { dims: [4], data: [1, -1, 0.3, 2] },
      { dims: [], data: [0], constant: true },
    ],
  },
  {
    inputs: [
      { dims: [2], data: [1, -1] },
      { dims: [2], data: [2, -2] },
      { dims: [2], data: [0.1, 0.2] },
    ],
  },
];

/** Max and Min: the cotangent goes to the operand that won. */
function shareAmongEqual({ g, node, inputs, outputs: [y], cotangents: [dy], wants }: RuleContext) {
  const won = node.inputs.map((_, i) => g.op('CastLike', [g.op('Equal', [inputs[i], y]), y]));
  if (won.length === 1) return [dy];
  const share = g.div(dy, g.op('Sum', won));
  return won.map((mask, i) => wants(i) && g.mul(share, mask));
}

export const arithmeticRules: readonly Rule[] = [
  defineRule({ op: 'Add', since: [7, 13, 14], vjp: ({ cotangents: [dy] }) => [dy, dy], cases: broadcasts }),
  defineRule({
    op: 'Sub',
    since: [7, 13, 14],
    vjp: ({ g, cotangents: [dy], wants }) => [dy, wants(1) && g.neg(dy)],
    cases: broadcasts,
  }),
  defineRule({
    op: 'Mul',
    since: [7, 13, 14],
    vjp: ({ g, inputs: [a, b], cotangents: [dy], wants }) => [wants(0) && g.mul(dy, b), wants(1) && g.mul(dy, a)],
    cases: broadcasts,
  }),
  defineRule({
    op: 'Div',
    since: [7, 13, 14],
    vjp({ g, inputs: [, b], outputs: [y], cotangents: [dy], wants }) {
      const quotient = g.div(dy, b);
      return [quotient, wants(1) && g.neg(g.mul(quotient, y))];
    },
    cases: [{ inputs: [[2, 3, 4], awayFromZero] }, { inputs: [[2], { dims: [], range: [0.5, 2] }] }],
  }),
  defineRule({
    op: 'Sum',
    since: [6, 8, 13],
    vjp: ({ node, cotangents: [dy] }) => node.inputs.map(() => dy),
    cases: [{ inputs: [[2, 3], [3], [2, 1]] }],
  }),
  defineRule({
    op: 'Mean',
    since: [6, 8, 13],
    vjp({ g, node, cotangents: [dy] }) {
      const share = g.div(dy, g.number(node.inputs.length, dy));
      return node.inputs.map(() => share);
    },
    cases: [{ inputs: [[2, 3], [3], [2, 1]] }],
  }),
  defineRule({
    op: 'Max',
    since: [6, 8, 12, 13],
    note: 'Equal operands share evenly.',
    vjp: shareAmongEqual,
    cases: apart,
  }),
  defineRule({
    op: 'Min',
    since: [6, 8, 12, 13],
    note: 'Equal operands share evenly.',
    vjp: shareAmongEqual,
    cases: apart,
  }),
  defineRule({
    op: 'Where',
    since: [9, 16],
    vjp({ g, inputs: [condition], cotangents: [dy], wants }) {
      const zero = g.number(0, dy);
      return [false, wants(1) && g.where(condition, dy, zero), wants(2) && g.where(condition, zero, dy)];
    },
    cases: [{ inputs: [{ dims: [2, 1], data: [1, 0], dtype: 'bool' }, [2, 3], [3]] }],
  }),
];
