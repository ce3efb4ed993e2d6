/** Activation functions, element by element. At a kink the derivative is PyTorch's: that of the lower side, unless noted. */
import { float, floatAttribute } from '../../onnx/attributes.ts';
import type { Value } from '../../onnx/builder.ts';
import { defineElementwise, defineRule, type Rule } from '../rule.ts';
import { gate } from './gate.ts';

/** Values on both sides of the kinks, none close to one. */
const bothSides = [{ inputs: [{ dims: [3, 8], range: [-2.95, 2.95] as const }] }];

export const activationRules: readonly Rule[] = [
  defineElementwise({
    op: 'Relu',
    since: [6, 13, 14],
    note: 'Zero at 0.',
    // Reading the output, not the input, lets an engine fuse the operator with the one in front of it.
    derivative: ({ g, y, dy, optimize }) => gate(g, y, dy, { low: 0, clamped: true }, optimize),
    cases: bothSides,
  }),
  defineElementwise({
    op: 'LeakyRelu',
    since: [6, 16],
    derivative({ g, node, x, dy }) {
      const alpha = floatAttribute(node, 'alpha', 0.01);
      return g.where(g.op('Greater', [x, g.number(0, x)]), dy, g.mul(dy, g.number(alpha, dy)));
    },
    cases: [...bothSides, { inputs: [{ dims: [3, 8], range: [-2.95, 2.95] }], attributes: { alpha: float(-0.3) } }],
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
    vjp({ g, inputs: [x], outputs: [y], cotangents: [dy], wants, optional, optimize }) {
      const [low, high] = [optional(1), optional(2)];
      const bound = (value: Value | undefined) => (typeof value?.value?.[0] === 'number' ? value.value[0] : value);
      // A lower bound above the upper one does not count: the result is the upper one everywhere.
      const raised = low ? g.op('Max', [x, low]) : x;
      const byLow = (limit: Value): Value =>
        g.where(g.op('And', [g.op('Less', [x, limit]), g.op('Equal', [y, limit])]), dy, g.number(0, dy));
      const byHigh = (limit: Value): Value => g.where(g.op('Greater', [raised, limit]), dy, g.number(0, dy));
      return [
        wants(0) && gate(g, y, dy, { low: bound(low), high: bound(high), clamped: true }, optimize),
        low && wants(1) && byLow(low),
        high && wants(2) && byHigh(high),
      ];
    },
    cases: [
      {
        inputs: [
          { dims: [3, 8], range: [-1.9, 7.9] },
          { dims: [], data: [0], constant: true },
          { dims: [], data: [6], constant: true },
        ],
      },
      {
        inputs: [
          { dims: [3, 8], range: [-2.95, 2.95] },
          { dims: [], data: [-1], constant: true },
          { dims: [], data: [1], constant: true },
        ],
      },
      {
        inputs: [
          { dims: [3, 8], range: [-2.95, 2.95] },
          { dims: [], data: [0.5], constant: true },
        ],
      },
      { inputs: [{ dims: [3, 8], range: [-2.95, 2.95] }, null, { dims: [], data: [0.5], constant: true }] },
      { inputs: [{ dims: [3, 8], range: [-2.95, 2.95] }] },
      {
        inputs: [
          { dims: [3, 8], range: [-2.95, 2.95] },
          { dims: [], data: [-1] },
          { dims: [], data: [1.5] },
        ],
      },
    ],
  }),
  defineElementwise({
    op: 'HardSigmoid',
    since: [6, 22],
    derivative: ({ g, node, y, dy, optimize }) =>
      gate(
        g,
        y,
        g.mul(dy, g.number(floatAttribute(node, 'alpha', 0.2), dy)),
        { low: 0, high: 1, clamped: true },
        optimize,
      ),
    cases: [
      { inputs: [{ dims: [3, 8], range: [-4.3, 4.3] }] },
      { inputs: [{ dims: [3, 8], range: [-4.3, 4.3] }], attributes: { alpha: float(1 / 6) } },
    ],
  }),
  defineElementwise({
    op: 'HardSwish',
    since: [14, 22],
    derivative({ g, x, dy, optimize }) {
      const ramp = g.op('Add', [g.mul(x, g.number(1 / 3, x)), g.number(0.5, x)]);
      const slope = g.where(g.op('Less', [x, g.number(3, x)]), ramp, g.number(1, x));
      return gate(g, x, g.mul(dy, slope), { low: -3 }, optimize);
    },
    cases: [{ inputs: [{ dims: [3, 8], range: [-5, 5] }] }],
  }),
  defineRule({
    op: 'PRelu',
    since: [7, 9, 16],
    vjp({ g, inputs: [x, slope], cotangents: [dy], wants }) {
      const above = g.op('Greater', [x, g.number(0, x)]);
      return [
        wants(0) && g.where(above, dy, g.mul(dy, slope)),
        wants(1) && g.where(above, g.number(0, dy), g.mul(dy, x)),
      ];
    },
    cases: [
      {
        inputs: [
          { dims: [2, 3, 4], range: [-3, 3] },
          { dims: [3, 1], constant: true },
        ],
      },
      { inputs: [{ dims: [2, 4], range: [-3, 3] }, [4]] },
    ],
  }),
  defineElementwise({
    op: 'ThresholdedRelu',
    since: [10, 22],
    derivative: ({ g, node, x, dy, optimize }) => gate(g, x, dy, { low: floatAttribute(node, 'alpha', 1) }, optimize),
    cases: [{ inputs: [{ dims: [3, 8], range: [-2.95, 2.95] }] }],
  }),
  defineElementwise({
    op: 'Elu',
    since: [6, 22],
    derivative({ g, node, x, y, dy }) {
      const below = g.mul(dy, g.add(y, g.number(floatAttribute(node, 'alpha', 1), y)));
      return g.where(g.op('Greater', [x, g.number(0, x)]), dy, below);
    },
    cases: [...bothSides, { inputs: [{ dims: [3, 8], range: [-3, 3] }], attributes: { alpha: float(0.5) } }],
  }),
  defineElementwise({
    op: 'Selu',
    since: [6, 22],
    derivative({ g, node, x, y, dy }) {
      const gamma = floatAttribute(node, 'gamma', 1.0507010221481323);
      const alpha = floatAttribute(node, 'alpha', 1.6732631921768188);
      const slope = g.where(
        g.op('Greater', [x, g.number(0, x)]),
        g.number(gamma, y),
        g.add(y, g.number(gamma * alpha, y)),
      );
      return g.mul(dy, slope);
    },
    cases: bothSides,
  }),
  defineElementwise({
    op: 'Celu',
    since: [12],
    derivative({ g, node, x, dy }) {
      const below = g.op('Exp', [g.div(x, g.number(floatAttribute(node, 'alpha', 1), x))]);
      return g.where(g.op('Greater', [x, g.number(0, x)]), dy, g.mul(dy, below));
    },
    cases: [...bothSides, { inputs: [{ dims: [3, 8], range: [-3, 3] }], attributes: { alpha: float(2) } }],
  }),
  defineElementwise({
    op: 'Mish',
    since: [18, 22],
    derivative({ g, x, dy }) {
      const t = g.op('Tanh', [g.op('Softplus', [x])]);
      const bend = g.mul(g.mul(x, g.sub(g.number(1, t), g.mul(t, t))), g.op('Sigmoid', [x]));
      return g.mul(dy, g.add(t, bend));
    },
    cases: bothSides,
  }),
  defineElementwise({
    op: 'Softplus',
    since: [1, 22],
    derivative: ({ g, x, dy }) => g.mul(dy, g.op('Sigmoid', [x])),
    cases: bothSides,
  }),
  defineElementwise({
    op: 'Softsign',
    since: [1, 22],
    derivative({ g, x, dy }) {
      const reach = g.add(g.op('Abs', [x]), g.number(1, x));
      return g.div(dy, g.mul(reach, reach));
    },
    cases: bothSides,
  }),
  defineElementwise({
    op: 'Shrink',
    since: [9],
    derivative: ({ g, node, x, dy, optimize }) =>
      gate(g, g.op('Abs', [x]), dy, { low: floatAttribute(node, 'lambd', 0.5) }, optimize),
    cases: [{ inputs: [{ dims: [3, 8], range: [-2.05, 2.05] }], attributes: { bias: float(0.2) } }],
  }),
];
