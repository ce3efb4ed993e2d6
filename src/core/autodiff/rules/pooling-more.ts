/** Pooling by other means than the mean and the windowed maximum. */
import { intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { windowOf } from '../../onnx/window.ts';
import { defineRule, type Rule } from '../rule.ts';
import { spreadOverWindows } from './pooling.ts';

/** d(|x|^p)/dx / p. */
function powerSlope(g: GraphBuilder, x: Value, p: number): Value {
  if (p === 1) return g.op('Sign', [x]);
  return p === 2 ? x : g.mul(g.op('Sign', [x]), g.op('Pow', [g.op('Abs', [x]), g.number(p - 1, x)]));
}

/** dy / y^(p - 1), zero where the norm y is zero. */
function overNorm(g: GraphBuilder, dy: Value, y: Value, p: number): Value {
  if (p === 1) return dy;
  const empty = g.op('Equal', [y, g.number(0, y)]);
  const divisor = g.where(empty, g.number(1, y), y);
  return g.where(empty, g.number(0, dy), g.div(dy, p === 2 ? divisor : g.op('Pow', [divisor, g.number(p - 1, y)])));
}

const x2d = { dims: [2, 2, 5, 4], range: [-10, 10] as const };
const positions = (dims: number[], data: number[]) => ({ dims, data, dtype: 'int64' as const });

export const morePoolingRules: readonly Rule[] = [
  defineRule({
    op: 'GlobalMaxPool',
    since: [1, 22],
    note: 'The first of equal maxima takes all, as in PyTorch.',
    vjp({ g, inputs: [x], cotangents: [dy] }) {
      const planes = (v: Value): Value => g.op('Reshape', [v, g.ints([0, 0, -1])]);
      const winner = g.op('ArgMax', [planes(x)], { axis: 2 });
      const zeros = planes(g.expandLike(g.number(0, dy), x));
      return [g.reshapeLike(g.op('ScatterElements', [zeros, winner, planes(dy)], { axis: 2 }), x)];
    },
    cases: [{ inputs: [x2d] }, { inputs: [{ dims: [2, 3, 4], range: [-5, 5] }] }],
  }),
  defineRule({
    op: 'LpPool',
    since: [2, 11, 18, 22],
    vjp({ g, node, inputs: [x], outputs: [y], cotangents: [dy] }) {
      const p = intAttribute(node, 'p', 2);
      return [g.mul(powerSlope(g, x, p), spreadOverWindows(g, x, overNorm(g, dy, y, p), windowOf(node, x.dims)))];
    },
    cases: [
      { inputs: [x2d], attributes: { kernel_shape: [2, 2], strides: [2, 1] } },
      { inputs: [x2d], attributes: { kernel_shape: [3, 2], p: 3, pads: [1, 0, 1, 1] } },
      { inputs: [x2d], attributes: { kernel_shape: [2, 2], p: 1 } },
      { inputs: [{ dims: [1, 2, 7], range: [-1, 1] }], attributes: { kernel_shape: [2], strides: [3] } },
    ],
  }),
  defineRule({
    op: 'GlobalLpPool',
    since: [2, 22],
    vjp({ g, node, inputs: [x], outputs: [y], cotangents: [dy] }) {
      const p = intAttribute(node, 'p', 2);
      return [g.mul(powerSlope(g, x, p), overNorm(g, dy, y, p))];
    },
    cases: [{ inputs: [x2d] }, { inputs: [x2d], attributes: { p: 1 } }, { inputs: [x2d], attributes: { p: 3 } }],
  }),
  defineRule({
    op: 'MaxUnpool',
    since: [9, 11, 22],
    vjp: ({ g, inputs: [, indices], cotangents: [dy] }) => [
      g.op('Gather', [g.op('Reshape', [dy, g.ints([-1])]), indices]),
    ],
    cases: [
      {
        inputs: [[1, 1, 2, 2], positions([1, 1, 2, 2], [5, 7, 8, 15])],
        attributes: { kernel_shape: [2, 2], strides: [2, 2] },
      },
      { inputs: [[2, 1, 2], positions([2, 1, 2], [0, 3, 5, 6])], attributes: { kernel_shape: [2], strides: [2] } },
      {
        inputs: [
          [1, 1, 2, 2],
          positions([1, 1, 2, 2], [5, 7, 8, 15]),
          { dims: [4], data: [1, 1, 5, 5], dtype: 'int64' },
        ],
        attributes: { kernel_shape: [2, 2], strides: [2, 2] },
      },
    ],
  }),
];
