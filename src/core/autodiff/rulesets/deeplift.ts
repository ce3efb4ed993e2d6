/**
 * DeepLIFT's Rescale rule (Shrikumar et al. 2017, "Learning important features through propagating activation differences",
 * section 3.5.1): every node's multiplier is the ratio of the differences, output to input, between the input and a
 * baseline that runs through the same graph.
 *
 * Linear operators multiply by their derivative. Products, quotients, softmax and normalisations have no rule in the paper:
 * they are split here so that the multipliers times the differences still add up to the difference of the score
 * (completeness), which replacing them by their gradient would break.
 */
import { floatAttribute, intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { type Cotangents, operands, type Rule, type RuleContext } from '../rule.ts';
import { defineRuleset } from '../ruleset.ts';
import { gradient, gradientAt } from './gradient.ts';

type Vjp = (context: RuleContext) => Cotangents;

const half = (g: GraphBuilder, a: Value, b: Value): Value => g.mul(g.add(a, b), g.number(0.5, a));

/** The same node in the reference pass. */
function atReference(context: RuleContext): RuleContext {
  const { inputs, outputs, optional, reference } = context;
  const twin = (values: RuleContext['inputs']): RuleContext['inputs'] =>
    operands((values as readonly (Value | undefined)[]).map((v) => v && reference(v)));
  return {
    ...context,
    inputs: twin(inputs),
    outputs: twin(outputs),
    optional: (i) => {
      const v = optional(i);
      return v && reference(v);
    },
  };
}

/** numerator / denominator where |denominator| is above `least`, else `otherwise`. */
function ratio(g: GraphBuilder, numerator: Value, denominator: Value, least: number, otherwise: Value): Value {
  const enough = g.op('Greater', [g.op('Abs', [denominator]), g.number(least, denominator)]);
  return g.where(enough, g.div(numerator, g.where(enough, denominator, g.number(1, denominator))), otherwise);
}

/**
 * y = f(x), element by element. Where the inputs hardly differ the quotient would be rounding alone: there the mean of the
 * derivatives at both ends stands in for it.
 * @param least below which difference; straight pieces are exact down to tiny ones, curves are not
 */
const rescale =
  (least: number): Vjp =>
  (context) => {
    const {
      g,
      inputs: [x],
      outputs: [y],
      cotangents: [m],
      reference,
    } = context;
    const [here] = gradientAt(context);
    const [there] = gradientAt(atReference(context));
    const mean = half(g, here || g.zerosLike(x), there || g.zerosLike(x));
    const quotient = ratio(g, g.mul(m, g.sub(y, reference(y))), g.sub(x, reference(x)), least, mean);
    return [quotient];
  };

/** A product: each factor against the mean of the other's two values. */
const bilinear: Vjp = (context) => {
  const { g, inputs, reference } = context;
  const means = (inputs as readonly (Value | undefined)[]).map((v, i) =>
    v && context.wants(i) ? half(g, v, reference(v)) : v,
  );
  return gradientAt(context, { inputs: operands(means), optional: (i) => means[i] });
};

/** a / b as the product of a and 1 / b. */
const quotient: Vjp = ({ g, inputs: [a, b], cotangents: [m], reference, wants }) => {
  const [a0, b0] = [reference(a), reference(b)];
  return [
    wants(0) && g.mul(m, half(g, g.op('Reciprocal', [b]), g.op('Reciprocal', [b0]))),
    wants(1) && g.neg(g.div(g.mul(m, half(g, a, a0)), g.mul(b, b0))),
  ];
};

/** exp(x - shift) in both passes, with one shift for both; and how to send a multiplier of the exponentials back to x. */
function exponentials(
  g: GraphBuilder,
  x: Value,
  x0: Value,
  axis: number,
): { e: Value; e0: Value; back(m: Value): Value } {
  const shift = g.op('Max', [g.reduce('ReduceMax', x, [axis]), g.reduce('ReduceMax', x0, [axis])]);
  const [e, e0] = [g.op('Exp', [g.sub(x, shift)]), g.op('Exp', [g.sub(x0, shift)])];
  return { e, e0, back: (m) => g.mul(m, ratio(g, g.sub(e, e0), g.sub(x, x0), SMOOTH, half(g, e, e0))) };
}

const softmax: Vjp = ({ g, node, inputs: [x], cotangents: [m], reference }) => {
  const axis = intAttribute(node, 'axis', -1);
  const { e, e0, back } = exponentials(g, x, reference(x), axis);
  const [s, s0] = [g.reduce('ReduceSum', e, [axis]), g.reduce('ReduceSum', e0, [axis])];
  const byExponential = g.mul(m, half(g, g.op('Reciprocal', [s]), g.op('Reciprocal', [s0])));
  const bySum = g.neg(g.div(g.reduce('ReduceSum', g.mul(m, half(g, e, e0)), [axis]), g.mul(s, s0)));
  return [back(g.add(byExponential, bySum))];
};

const logSoftmax: Vjp = ({ g, node, inputs: [x], cotangents: [m], reference }) => {
  const axis = intAttribute(node, 'axis', -1);
  const { e, e0, back } = exponentials(g, x, reference(x), axis);
  const [s, s0] = [g.reduce('ReduceSum', e, [axis]), g.reduce('ReduceSum', e0, [axis])];
  const slope = ratio(
    g,
    g.sub(g.op('Log', [s]), g.op('Log', [s0])),
    g.sub(s, s0),
    SMOOTH,
    half(g, g.op('Reciprocal', [s]), g.op('Reciprocal', [s0])),
  );
  const bySum = g.neg(g.mul(g.reduce('ReduceSum', m, [axis]), slope));
  return [g.add(m, back(g.expandLike(bySum, m)))];
};

/**
 * (x - mean) / deviation over `axes`, as a product of two things that both depend on x.
 * @param m multiplier of the result
 * @returns the multiplier of x
 */
function standardised(g: GraphBuilder, x: Value, x0: Value, m: Value, axes: readonly number[], epsilon: number): Value {
  const mean = (v: Value): Value => g.reduce('ReduceMean', v, axes);
  const parts = (v: Value) => {
    const d = g.sub(v, mean(v));
    const variance = mean(g.mul(d, d));
    return { d, r: g.op('Reciprocal', [g.op('Sqrt', [g.add(variance, g.number(epsilon, x))])]) };
  };
  const [p, p0] = [parts(x), parts(x0)];
  // (r - r0) / (variance - variance0), in a form that has no difference to divide by.
  const product = g.mul(p.r, p0.r);
  const slope = g.neg(g.div(g.mul(product, product), g.add(p.r, p0.r)));
  // The multiplier of the variance, shared out among the places that it is the mean of.
  const byVariance = g.mul(mean(g.mul(m, half(g, p.d, p0.d))), slope);
  const byDeviation = g.add(g.mul(m, half(g, p.r, p0.r)), g.mul(byVariance, g.add(p.d, p0.d)));
  return g.sub(byDeviation, mean(byDeviation));
}

const epsilonOf = ({ node }: RuleContext): number => floatAttribute(node, 'epsilon', 1e-5);

const layerNormalization: Vjp = (context) => {
  const {
    g,
    node,
    inputs: [x, scale],
    cotangents: [m],
    reference,
  } = context;
  const rank = x.dims?.length ?? 0;
  const first = (intAttribute(node, 'axis', -1) + rank) % rank;
  const axes = Array.from({ length: rank - first }, (_, i) => first + i);
  return [standardised(g, x, reference(x), g.mul(m, scale), axes, epsilonOf(context))];
};

/** The scale of each channel, as it is multiplied with a tensor `[N, C, ...]`. */
const perChannel = (g: GraphBuilder, scale: Value, x: Value): Value =>
  g.op('Reshape', [scale, g.ints([-1, ...Array.from({ length: (x.dims?.length ?? 2) - 2 }, () => 1)])]);

const instanceNormalization: Vjp = (context) => {
  const {
    g,
    inputs: [x, scale],
    cotangents: [m],
    reference,
  } = context;
  const axes = Array.from({ length: (x.dims?.length ?? 2) - 2 }, (_, i) => i + 2);
  return [standardised(g, x, reference(x), g.mul(m, perChannel(g, scale, x)), axes, epsilonOf(context))];
};

const groupNormalization: Vjp = (context) => {
  const {
    g,
    node,
    inputs: [x, scale],
    cotangents: [m],
    reference,
  } = context;
  const inGroups = (v: Value): Value => g.op('Reshape', [v, g.ints([0, intAttribute(node, 'num_groups', 1), -1])]);
  const scaled = inGroups(g.mul(m, perChannel(g, scale, x)));
  return [g.reshapeLike(standardised(g, inGroups(x), inGroups(reference(x)), scaled, [2], epsilonOf(context)), x)];
};

/**
 * What the pool gains over the baseline's maximum goes to where the input's maximum stands, what it loses to where the
 * baseline's stood: both places differ between the passes by at least as much.
 */
const maxPool: Vjp = (context) => {
  const {
    g,
    inputs: [x],
    outputs: [y],
    cotangents: [m],
    reference,
  } = context;
  const y0 = reference(y);
  const most = g.op('Max', [y, y0]);
  const send = (c: RuleContext, signal: Value): Value => gradientAt(c, { cotangents: operands([signal]) })[0] as Value;
  const gained = send(context, g.mul(m, g.sub(most, y0)));
  const lost = send(atReference(context), g.mul(m, g.sub(y, most)));
  const [otherwise] = gradientAt(context);
  return [ratio(g, g.add(gained, lost), g.sub(x, reference(x)), STRAIGHT, otherwise as Value)];
};

const STRAIGHT = 1e-9;
const SMOOTH = 1e-3;
const straight = ['Relu', 'LeakyRelu', 'PRelu', 'Clip', 'ThresholdedRelu', 'HardSigmoid', 'Abs', 'Shrink'];
const curved = [
  'Sigmoid',
  'Tanh',
  'Elu',
  'Selu',
  'Celu',
  'Gelu',
  'Mish',
  'HardSwish',
  'Softplus',
  'Softsign',
  'Erf',
  'Exp',
  'Log',
  'Sqrt',
  'Reciprocal',
  'Pow',
  'Sin',
  'Cos',
  'Tan',
  'Asin',
  'Acos',
  'Atan',
  'Sinh',
  'Cosh',
  'Asinh',
  'Acosh',
  'Atanh',
];

const table = new Map<string, Vjp>([
  ...straight.map((op) => [op, rescale(STRAIGHT)] as const),
  ...curved.map((op) => [op, rescale(SMOOTH)] as const),
  ...['Mul', 'MatMul', 'Gemm'].map((op) => [op, bilinear] as const),
  ['Div', quotient],
  ['Softmax', softmax],
  ['LogSoftmax', logSoftmax],
  ['LayerNormalization', layerNormalization],
  ['InstanceNormalization', instanceNormalization],
  ['GroupNormalization', groupNormalization],
  ['MaxPool', maxPool],
]);

export const deeplift = defineRuleset({
  id: 'deeplift',
  title: 'DeepLIFT (Rescale)',
  reference: true,
  base: gradient,
  rules: [...table].map(([op, vjp]): Rule => {
    const since = (
      gradient.rule({ node: { op, domain: '' } as RuleContext['node'], first: false, last: false }) as Rule
    ).since;
    return { op, since, vjp, surrogate: true, cases: [] };
  }),
});
