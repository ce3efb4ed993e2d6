/** Activation functions, element by element. At a kink the derivative is PyTorch's: that of the lower side, unless noted. */
import { float, floatAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { defineElementwise, defineRule, type Rule } from '../rule.ts';

/**
 * Slope of a ramp that is a step: it carries every float on the right side of the threshold past 1, down to the smallest
 * normal one. A power of two, so that the product is exact and only the sign of the difference counts.
 */
const steep = (threshold: number): number =>
  2 ** (126 - (threshold === 0 ? 0 : Math.max(0, Math.ceil(Math.log2(Math.abs(threshold)))) + 1));

/**
 * 1 where x > threshold, else 0, in one pass: a HardSigmoid so steep that it is a step. Engines run it several times as
 * fast as a comparison followed by a selection, which write and read a mask of booleans.
 */
export function stepAbove(g: GraphBuilder, x: Value, threshold = 0): Value {
  const alpha = steep(threshold);
  return g.op('HardSigmoid', [x], { alpha: float(alpha), beta: float(-threshold * alpha) });
}

/** 1 where x < threshold, else 0. */
export function stepBelow(g: GraphBuilder, x: Value, threshold: number): Value {
  const alpha = steep(threshold);
  return g.op('HardSigmoid', [x], { alpha: float(-alpha), beta: float(threshold * alpha) });
}

/** dy where x > threshold, else 0. */
export const whereAbove = (g: GraphBuilder, x: Value, threshold: number, dy: Value): Value =>
  g.mul(dy, stepAbove(g, x, threshold));

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
    vjp({ g, outputs: [y], cotangents: [dy], optional }) {
      const [low, high] = [optional(1), optional(2)];
      let dx = dy;
      const [l, h] = [low?.value?.[0], high?.value?.[0]];
      if (low) dx = g.mul(dx, typeof l === 'number' ? stepAbove(g, y, l) : stepAbove(g, g.sub(y, low)));
      if (high) dx = g.mul(dx, typeof h === 'number' ? stepBelow(g, y, h) : stepAbove(g, g.sub(high, y)));
      return [dx];
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
    ],
  }),
  defineElementwise({
    op: 'HardSigmoid',
    since: [6, 22],
    derivative({ g, node, y, dy }) {
      const inside = g.mul(stepAbove(g, y), stepBelow(g, y, 1));
      return g.mul(g.mul(dy, g.number(floatAttribute(node, 'alpha', 0.2), dy)), inside);
    },
    cases: [
      { inputs: [{ dims: [3, 8], range: [-4.3, 4.3] }] },
      { inputs: [{ dims: [3, 8], range: [-4.3, 4.3] }], attributes: { alpha: float(1 / 6) } },
    ],
  }),
  defineElementwise({
    op: 'HardSwish',
    since: [14, 22],
    derivative({ g, x, dy }) {
      const ramp = g.op('Add', [g.mul(x, g.number(1 / 3, x)), g.number(0.5, x)]);
      const slope = g.where(g.op('Less', [x, g.number(3, x)]), ramp, g.number(1, x));
      return whereAbove(g, x, -3, g.mul(dy, slope));
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
    derivative: ({ g, node, x, dy }) => whereAbove(g, x, floatAttribute(node, 'alpha', 1), dy),
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
    derivative: ({ g, node, x, dy }) => whereAbove(g, g.op('Abs', [x]), floatAttribute(node, 'lambd', 0.5), dy),
    cases: [{ inputs: [{ dims: [3, 8], range: [-2.05, 2.05] }], attributes: { bias: float(0.2) } }],
  }),
];
