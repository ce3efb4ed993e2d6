/** Elementary functions, element by element, and the functions that are flat wherever they have a derivative. */
import { intAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { defineElementwise, defineRule, defineZero, type Rule, type RuleCase } from '../rule.ts';

const within = (low: number, high: number): readonly RuleCase[] => [{ inputs: [{ dims: [3, 4], range: [low, high] }] }];

/** A function of one number, with its derivative and a range to try it in. */
const curve = (
  op: string,
  since: readonly number[],
  derivative: Parameters<typeof defineElementwise>[0]['derivative'],
  [low, high]: readonly [number, number],
): Rule => defineElementwise({ op, since, derivative, cases: within(low, high) });

const square = (g: GraphBuilder, x: Value): Value => g.mul(x, x);
const oneMinus = (g: GraphBuilder, x: Value): Value => g.sub(g.number(1, x), x);
const onePlus = (g: GraphBuilder, x: Value): Value => g.add(x, g.number(1, x));

/** 2 / sqrt(pi), the slope of erf at 0. */
const ERF_SLOPE = 2 / Math.sqrt(Math.PI);

const flat = (op: string, since: readonly number[], cases: readonly RuleCase[]): Rule =>
  defineZero({ op, since, cases, note: 'Zero: flat wherever it has a derivative.' });
const twoFloats: readonly RuleCase[] = [
  {
    inputs: [
      [2, 3],
      [2, 3],
    ],
  },
];

export const mathRules: readonly Rule[] = [
  defineElementwise({
    op: 'Abs',
    since: [6, 13],
    note: 'Zero at 0.',
    derivative: ({ g, x, dy }) => g.mul(dy, g.op('Sign', [x])),
    cases: within(-2, 2),
  }),
  defineElementwise({ op: 'Neg', since: [6, 13], derivative: ({ g, dy }) => g.neg(dy) }),
  defineElementwise({ op: 'Exp', since: [6, 13], derivative: ({ g, y, dy }) => g.mul(dy, y) }),
  defineElementwise({ op: 'Log', since: [6, 13], derivative: ({ g, x, dy }) => g.div(dy, x), cases: within(0.5, 3) }),
  defineElementwise({
    op: 'Sqrt',
    since: [6, 13],
    note: 'Zero at zero, where it is infinite: exporters write norms as roots of squares, and those have a subgradient of zero.',
    derivative: ({ g, y, dy }) => g.where(g.op('Equal', [y, g.number(0, y)]), g.number(0, dy), g.div(dy, g.add(y, y))),
    cases: within(0.5, 3),
  }),
  defineElementwise({
    op: 'Reciprocal',
    since: [6, 13],
    derivative: ({ g, y, dy }) => g.neg(g.mul(dy, square(g, y))),
    cases: [...within(0.5, 3), ...within(-3, -0.5)],
  }),
  curve(
    'Erf',
    [9, 13],
    ({ g, x, dy }) => g.mul(dy, g.mul(g.op('Exp', [g.neg(square(g, x))]), g.number(ERF_SLOPE, x))),
    [-2, 2],
  ),
  curve('Sin', [7], ({ g, x, dy }) => g.mul(dy, g.op('Cos', [x])), [-3, 3]),
  curve('Cos', [7], ({ g, x, dy }) => g.neg(g.mul(dy, g.op('Sin', [x]))), [-3, 3]),
  curve('Tan', [7], ({ g, y, dy }) => g.mul(dy, onePlus(g, square(g, y))), [-1, 1]),
  curve('Asin', [7], ({ g, x, dy }) => g.div(dy, g.op('Sqrt', [oneMinus(g, square(g, x))])), [-0.8, 0.8]),
  curve('Acos', [7], ({ g, x, dy }) => g.neg(g.div(dy, g.op('Sqrt', [oneMinus(g, square(g, x))]))), [-0.8, 0.8]),
  curve('Atan', [7], ({ g, x, dy }) => g.div(dy, onePlus(g, square(g, x))), [-3, 3]),
  curve('Sinh', [9], ({ g, x, dy }) => g.mul(dy, g.op('Cosh', [x])), [-2, 2]),
  curve('Cosh', [9], ({ g, x, dy }) => g.mul(dy, g.op('Sinh', [x])), [-2, 2]),
  curve('Asinh', [9], ({ g, x, dy }) => g.div(dy, g.op('Sqrt', [onePlus(g, square(g, x))])), [-3, 3]),
  curve('Acosh', [9], ({ g, x, dy }) => g.div(dy, g.op('Sqrt', [g.sub(square(g, x), g.number(1, x))])), [1.5, 4]),
  curve('Atanh', [9], ({ g, x, dy }) => g.div(dy, oneMinus(g, square(g, x))), [-0.8, 0.8]),
  defineRule({
    op: 'Pow',
    since: [7, 12, 13, 15],
    note: 'By the exponent too, where the base is positive; elsewhere that derivative is 0. Roots as Sqrt.',
    vjp({ g, inputs: [a, b], outputs: [y], cotangents: [dy], wants }) {
      const exponent = b.dtype === a.dtype ? b : g.op('CastLike', [b, a]);
      const base = (): Value => {
        const known = exponent.dims?.length === 0 || exponent.value?.length === 1 ? exponent.value?.[0] : undefined;
        if (known === 2) return g.mul(dy, g.add(a, a));
        const slope =
          typeof known === 'number'
            ? g.op('Pow', [a, g.number(known - 1, a)])
            : g.op('Pow', [a, g.sub(exponent, g.number(1, exponent))]);
        const product = g.mul(dy, g.mul(exponent, slope));
        const isRoot = typeof known === 'number' && known > 0 && known < 1;
        return isRoot ? g.where(g.op('Equal', [a, g.number(0, a)]), g.number(0, dy), product) : product;
      };
      const power = (): Value => {
        const positive = g.op('Greater', [a, g.number(0, a)]);
        const log = g.op('Log', [g.where(positive, a, g.number(1, a))]);
        return g.mul(dy, g.mul(y, log));
      };
      return [wants(0) && base(), wants(1) && power()];
    },
    cases: [
      {
        inputs: [
          { dims: [2, 3], range: [0.5, 2] },
          { dims: [3], range: [-2, 2] },
        ],
      },
      { inputs: [[2, 3], { dims: [], data: [2], constant: true }] },
      { inputs: [[2, 3], { dims: [], data: [3], constant: true }] },
      {
        inputs: [
          { dims: [2, 3], range: [0.5, 2] },
          { dims: [1], data: [-0.5], constant: true },
        ],
      },
      {
        inputs: [
          { dims: [2, 3], range: [0.5, 2] },
          { dims: [], data: [3], dtype: 'int64' },
        ],
      },
    ],
  }),
  defineRule({
    op: 'Mod',
    since: [10, 13],
    note: 'The jumps are passed over, as in PyTorch.',
    vjp({ g, node, inputs: [a, b], cotangents: [dy], wants }) {
      const quotient = (): Value => {
        const ratio = g.div(a, b);
        // fmod rounds towards zero, the other form towards minus infinity.
        return intAttribute(node, 'fmod', 0) === 1
          ? g.mul(g.op('Sign', [ratio]), g.op('Floor', [g.op('Abs', [ratio])]))
          : g.op('Floor', [ratio]);
      };
      return [dy, wants(1) && g.neg(g.mul(dy, quotient()))];
    },
    cases: [
      {
        inputs: [
          { dims: [5], data: [-4.1, -1.3, 0.7, 2.2, 5.4] },
          { dims: [], data: [1.5] },
        ],
        attributes: { fmod: 1 },
      },
    ],
  }),
  defineElementwise({
    op: 'Gelu',
    since: [20],
    derivative({ g, node, x, dy }) {
      const half = g.number(0.5, x);
      if (stringAttribute(node, 'approximate', 'none') === 'tanh') {
        const [root, cubic] = [Math.sqrt(2 / Math.PI), 0.044715];
        const inner = g.mul(x, g.add(g.mul(square(g, x), g.number(root * cubic, x)), g.number(root, x)));
        const t = g.op('Tanh', [inner]);
        const slope = g.add(g.mul(square(g, x), g.number(3 * root * cubic, x)), g.number(root, x));
        const bend = g.mul(g.mul(x, oneMinus(g, square(g, t))), slope);
        return g.mul(dy, g.mul(half, g.add(onePlus(g, t), bend)));
      }
      const cdf = g.mul(half, onePlus(g, g.op('Erf', [g.mul(x, g.number(Math.SQRT1_2, x))])));
      const density = g.mul(
        g.op('Exp', [g.mul(square(g, x), g.number(-0.5, x))]),
        g.number(1 / Math.sqrt(2 * Math.PI), x),
      );
      return g.mul(dy, g.add(cdf, g.mul(x, density)));
    },
    cases: [...within(-3, 3), { inputs: [{ dims: [3, 4], range: [-3, 3] }], attributes: { approximate: 'tanh' } }],
  }),
  flat('Floor', [6, 13], within(-2, 2)),
  flat('Ceil', [6, 13], within(-2, 2)),
  flat('Round', [11], within(-2, 2)),
  flat('Sign', [9, 13], within(-2, 2)),
  flat('Hardmax', [1, 11, 13], [{ inputs: [[2, 4]] }]),
  flat('ArgMax', [1, 11, 12, 13], [{ inputs: [[2, 4]] }]),
  flat('ArgMin', [1, 11, 12, 13], [{ inputs: [[2, 4]] }]),
  flat('Equal', [7, 11, 13, 19], twoFloats),
  flat('Greater', [7, 9, 13], twoFloats),
  flat('GreaterOrEqual', [12, 16], twoFloats),
  flat('Less', [7, 9, 13], twoFloats),
  flat('LessOrEqual', [12, 16], twoFloats),
  flat('IsNaN', [9, 13, 20], within(-2, 2)),
  flat('IsInf', [10, 20], within(-2, 2)),
  flat('Shape', [1, 13, 15, 19, 21], within(-2, 2)),
  flat('Size', [1, 13, 19, 21], within(-2, 2)),
  flat('NonZero', [9, 13], within(-2, 2)),
  flat('ConstantOfShape', [9, 20, 21], [{ inputs: [{ dims: [2], data: [2, 3], dtype: 'int64' }] }]),
];
