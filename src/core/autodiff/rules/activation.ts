/** Activation functions, element by element. At a kink the derivative is PyTorch's: that of the lower side, unless noted. */
import { floatAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { defineElementwise, defineRule, type Rule } from '../rule.ts';

/** dy where x > threshold, else 0. */
export const whereAbove = (g: GraphBuilder, x: Value, threshold: number, dy: Value): Value =>
  g.where(g.op('Greater', [x, g.number(threshold, x)]), dy, g.number(0, dy));

/** Values on both sides of the kinks, none close to one. */
const bothSides = [{ inputs: [{ dims: [3, 8], range: [-2.95, 2.95] as const }] }];

export const activationRules: readonly Rule[] = [
  defineElementwise({
    op: 'Relu',
    since: [6, 13, 14],
    note: 'Zero at 0.',
    // Reading the output, not the input, lets an engine fuse the operator with the one in front of it.
    derivative: ({ g, y, dy }) => whereAbove(g, y, 0, dy),
    cases: bothSides,
  }),
  defineElementwise({
    op: 'LeakyRelu',
    since: [6, 16],
    derivative({ g, node, x, dy }) {
      const alpha = floatAttribute(node, 'alpha', 0.01);
      return g.where(g.op('Greater', [x, g.number(0, x)]), dy, g.mul(dy, g.number(alpha, dy)));
    },
    cases: [...bothSides, { ...bothSides[0], attributes: { alpha: { type: 'float', value: -0.3 } } }].map((c) => ({ inputs: [], ...c })),
  }),
  defineElementwise({
    op: 'Sigmoid',
    since: [6, 13],
    derivative: ({ g, y, dy }) => g.mul(dy, g.mul(y, g.sub(g.number(1, y), y))),
  }),
  defineElementwise({
    op: 'Tanh',
    since: [6, 13],
    derivative: ({ g, y, dy }) => g.mul(dy, g.sub(g.number(1, y), g.mul(y, y))),
  }),
  defineRule({
    op: 'Clip',
    since: [6, 11, 12, 13],
    note: 'Zero at a bound, as PyTorch has it for ReLU6 and Hardtanh (its `clamp` passes the gradient there).',
    vjp({ g, outputs: [y], cotangents: [dy], optional }) {
      const [low, high] = [optional(1), optional(2)];
      const zero = g.number(0, dy);
      const [l, h] = [low?.value?.[0], high?.value?.[0]];
      if (typeof l === 'number' && typeof h === 'number') {
        // One comparison for both bounds: inside means nearer to the middle than the bounds are.
        const middle = (l + h) / 2;
        const distance = g.op('Abs', [middle === 0 ? y : g.sub(y, g.number(middle, y))]);
        return [g.where(g.op('Less', [distance, g.number((h - l) / 2, y)]), dy, zero)];
      }
      let dx = dy;
      if (low) dx = g.where(g.op('Greater', [y, low]), dx, zero);
      if (high) dx = g.where(g.op('Less', [y, high]), dx, zero);
      return [dx];
    },
    cases: [
      { inputs: [{ dims: [3, 8], range: [-1.9, 7.9] }, { dims: [], data: [0], constant: true }, { dims: [], data: [6], constant: true }] },
      { inputs: [{ dims: [3, 8], range: [-2.95, 2.95] }, { dims: [], data: [-1], constant: true }, { dims: [], data: [1], constant: true }] },
      { inputs: [{ dims: [3, 8], range: [-2.95, 2.95] }, { dims: [], data: [0.5], constant: true }] },
      { inputs: [{ dims: [3, 8], range: [-2.95, 2.95] }, null, { dims: [], data: [0.5], constant: true }] },
      { inputs: [{ dims: [3, 8], range: [-2.95, 2.95] }] },
    ],
  }),
];
