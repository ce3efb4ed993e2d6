/** Arithmetic on two or more operands with broadcasting: the driver sums each cotangent back to its operand's shape. */
import { defineRule, type Rule, type RuleCase } from '../rule.ts';

const broadcasts: readonly RuleCase[] = [
  { inputs: [[2, 3], [2, 3]] },
  { inputs: [[2, 3, 4], [3, 1]] },
  { inputs: [[2, 1, 4], [3, 1]] },
  { inputs: [[], [2]] },
  { inputs: [[4], [2, 3, 4]] },
];
const awayFromZero = { dims: [3, 1], range: [0.5, 2] as const };

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
];
