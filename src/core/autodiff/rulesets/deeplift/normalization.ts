/** Normalisations, as products of what is normalised and what it is divided by. */
import { floatAttribute, intAttribute } from '../../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../../onnx/builder.ts';
import type { RuleContext } from '../../rule.ts';
import { refuse } from '../../rules/axes.ts';
import { channelMean } from '../../rules/normalization.ts';
import { gradientAt } from '../gradient.ts';
import { atReference, half, ratio, SMOOTH, STRAIGHT, type Vjp } from './parts.ts';

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
  // The multiplier of the variance, shared out among the positions that it is the mean of.
  const byVariance = g.mul(mean(g.mul(m, half(g, p.d, p0.d))), slope);
  const byDeviation = g.add(g.mul(m, half(g, p.r, p0.r)), g.mul(byVariance, g.add(p.d, p0.d)));
  return g.sub(byDeviation, mean(byDeviation));
}

/**
 * A normalisation with its scale and shift: the score and the scale are factors, the shift is a term.
 * @param back from the multiplier of the score, once the scale is on it, to that of x
 */
const scaled =
  (
    perElement: (g: GraphBuilder, scale: Value, x: Value) => Value,
    back: (context: RuleContext, m: Value, epsilon: number) => Value,
  ): Vjp =>
  (context) => {
    const { g, node, reference, wants } = context;
    const [x, scale] = context.inputs;
    const [m] = context.cotangents;
    // Further outputs are the mean and the deviation: nobody scores them.
    if (!m) return gradientAt(context);
    const factor = wants(1) ? half(g, scale, reference(scale)) : scale;
    const ofX = back(context, g.mul(m, perElement(g, factor, x)), floatAttribute(node, 'epsilon', 1e-5));
    if (!wants(1) && !wants(2)) return [ofX];
    const [, here, shift] = gradientAt(context);
    const [, there] = gradientAt(atReference(context));
    return [ofX, here && there && half(g, here, there), shift];
  };

/** The scale of each channel, as it is multiplied with a tensor `[N, C, ...]`. */
const perChannel = (g: GraphBuilder, scale: Value, x: Value): Value =>
  g.op('Reshape', [scale, g.ints([-1, ...Array.from({ length: (x.dims?.length ?? 2) - 2 }, () => 1)])]);

export const layerNormalization = scaled(
  (_, scale) => scale,
  ({ g, node, inputs: [x], reference }, m, epsilon) => {
    const rank = x.dims?.length ?? 0;
    const first = (intAttribute(node, 'axis', -1) + rank) % rank;
    const axes = Array.from({ length: rank - first }, (_, i) => first + i);
    return standardised(g, x, reference(x), m, axes, epsilon);
  },
);

export const instanceNormalization = scaled(perChannel, ({ g, inputs: [x], reference }, m, epsilon) => {
  const axes = Array.from({ length: (x.dims?.length ?? 2) - 2 }, (_, i) => i + 2);
  return standardised(g, x, reference(x), m, axes, epsilon);
});

export const groupNormalization = scaled(perChannel, ({ g, node, inputs: [x], reference }, m, epsilon) => {
  const inGroups = (v: Value): Value => g.op('Reshape', [v, g.ints([0, intAttribute(node, 'num_groups', 1), -1])]);
  return g.reshapeLike(standardised(g, inGroups(x), inGroups(reference(x)), inGroups(m), [2], epsilon), x);
});

/** x over its norm. A norm of zero, whose quotient the operator takes for zero, counts as that of the other pass. */
export const lpNormalization: Vjp = ({ g, node, inputs: [x], cotangents: [m], reference }) => {
  const axis = intAttribute(node, 'axis', -1);
  const first = intAttribute(node, 'p', 2) === 1;
  const x0 = reference(x);
  const zero = g.number(0, x);
  const [n, n0] = [x, x0].map((v) => g.op(first ? 'ReduceL1' : 'ReduceL2', [v, g.ints([axis])])) as [Value, Value];
  const [isZero, isZero0] = [g.op('Equal', [n, zero]), g.op('Equal', [n0, zero])];
  const by0 = g.where(isZero0, g.where(isZero, g.number(1, x), n), n0);
  const by = g.where(isZero, by0, n);
  const product = g.mul(by, by0);
  const byNorm = g.neg(g.div(g.reduce('ReduceSum', g.mul(m, half(g, x, x0)), [axis]), product));
  const slope = first ? magnitude(g, x, x0) : g.div(g.add(x, x0), g.add(by, by0));
  const through = g.where(g.op('Or', [isZero, isZero0]), zero, g.mul(byNorm, slope));
  return [g.add(g.div(g.mul(m, half(g, by, by0)), product), through)];
};

/** The quotient of differences of absolute values. */
export function magnitude(g: GraphBuilder, x: Value, x0: Value): Value {
  const [size, size0] = [g.op('Abs', [x]), g.op('Abs', [x0])];
  const mean = half(g, g.op('Sign', [x]), g.op('Sign', [x0]));
  return ratio(g, g.sub(size, size0), g.sub(x, x0), STRAIGHT, mean);
}

/** x over a power of a windowed mean square. */
export const localResponse: Vjp = ({ g, node, inputs: [x], cotangents: [m], reference }) => {
  const size = intAttribute(node, 'size', 1);
  const alpha = g.number(floatAttribute(node, 'alpha', 1e-4), x);
  const beta = floatAttribute(node, 'beta', 0.75);
  const channels = x.dims?.[1];
  if (typeof channels !== 'number') refuse(node, 'the number of channels is not known before the run');
  const parts = (v: Value) => {
    const mean = channelMean(g, g.mul(v, v), channels, size, false);
    const s = g.add(g.mul(mean, alpha), g.number(floatAttribute(node, 'bias', 1), x));
    const factor = g.op('Pow', [s, g.number(-beta, s)]);
    return { s, factor, slope: g.mul(g.div(factor, s), g.number(-beta, s)) };
  };
  const x0 = reference(x);
  const [p, p0] = [parts(x), parts(x0)];
  const slope = ratio(g, g.sub(p.factor, p0.factor), g.sub(p.s, p0.s), SMOOTH, half(g, p.slope, p0.slope));
  const byMean = g.mul(g.mul(m, half(g, x, x0)), g.mul(slope, alpha));
  const bySquare = g.mul(channelMean(g, byMean, channels, size, true), g.add(x, x0));
  return [g.add(g.mul(m, half(g, p.factor, p0.factor)), bySquare)];
};
