/**
 * Softmax and logarithms of sums of exponentials.
 *
 * With L the logarithmic mean of a probability in the two passes, `y - y0 = L (ln y - ln y0)`, and `ln y` is `x` less the
 * logarithm of the sum. As the probabilities add up to 1 in both passes, the difference of that logarithm is the mean of the
 * differences of x weighted by L. So `y - y0 = L (dx - sum(L dx) / sum(L))` holds exactly, with weights between 0 and 1
 * whatever the logits are: complete, and the derivative where both passes are the same.
 */
import { intAttribute } from '../../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../../onnx/builder.ts';
import { keepAxes, reducedAxes } from '../../rules/reduction.ts';
import { half, ratio, SMOOTH, type Vjp } from './parts.ts';

/** Logarithms of probabilities below this are those of masked positions; their exponential is 0. */
const MIN_LOGARITHM = -1e4;

/** Below this difference of the logarithms a series takes the place of the quotient. */
const NEAR = 0.5;

/** Logarithm of the softmax, by the largest logit, so that nothing overflows. */
function logProbabilities(g: GraphBuilder, x: Value, axes: readonly number[]): Value {
  const shifted = g.sub(x, g.reduce('ReduceMax', x, axes));
  const total = g.op('Log', [g.reduce('ReduceSum', g.op('Exp', [shifted]), axes)]);
  return g.op('Max', [g.sub(shifted, total), g.number(MIN_LOGARITHM, x)]);
}

/** Logarithmic means of the probabilities in both passes, and these means as shares of their sum. */
function logarithmicMeans(
  g: GraphBuilder,
  x: Value,
  x0: Value,
  axes: readonly number[],
): { means: Value; shares: Value } {
  const [log, log0] = [logProbabilities(g, x, axes), logProbabilities(g, x0, axes)];
  const difference = g.sub(log, log0);
  const square = g.mul(difference, difference);
  const number = (value: number): Value => g.number(value, x);
  // sinh(d / 2) / (d / 2) to the sixth power of d.
  const series = g.add(number(1), g.mul(g.div(square, number(24)), g.add(number(1), g.div(square, number(80)))));
  const near = g.mul(g.op('Exp', [half(g, log, log0)]), series);
  const means = ratio(g, g.sub(g.op('Exp', [log]), g.op('Exp', [log0])), difference, NEAR, near);
  return { means, shares: g.div(means, g.reduce('ReduceSum', means, axes)) };
}

export const softmax: Vjp = ({ g, node, inputs: [x], cotangents: [m], reference }) => {
  const axes = [intAttribute(node, 'axis', -1)];
  const { means, shares } = logarithmicMeans(g, x, reference(x), axes);
  return [g.mul(means, g.sub(m, g.reduce('ReduceSum', g.mul(m, shares), axes)))];
};

/** The quotient of differences of a sum's logarithm. */
const logarithm = (g: GraphBuilder, s: Value, s0: Value): Value =>
  ratio(
    g,
    g.sub(g.op('Log', [s]), g.op('Log', [s0])),
    g.sub(s, s0),
    SMOOTH,
    half(g, g.op('Reciprocal', [s]), g.op('Reciprocal', [s0])),
  );

export const logSoftmax: Vjp = ({ g, node, inputs: [x], cotangents: [m], reference }) => {
  const axes = [intAttribute(node, 'axis', -1)];
  const { shares } = logarithmicMeans(g, x, reference(x), axes);
  return [g.sub(m, g.mul(shares, g.reduce('ReduceSum', m, axes)))];
};

/** A reduction over axes whose result is a logarithm, with the slope of that. */
const reducedLogarithm =
  (slopeOf: (g: GraphBuilder, x: Value, before: Value, axes: readonly number[]) => Value): Vjp =>
  (context) => {
    const { g, node, reference } = context;
    const [x] = context.inputs;
    const [m] = context.cotangents;
    const axes = reducedAxes(context) ?? [];
    const slope = slopeOf(g, x, reference(x), axes);
    return [g.mul(keepAxes(g, node, x, m, axes), slope)];
  };

export const logSumExp = reducedLogarithm((g, x, before, axes) => logarithmicMeans(g, x, before, axes).shares);

export const logSum = reducedLogarithm((g, x, before, axes) =>
  logarithm(g, g.reduce('ReduceSum', x, axes), g.reduce('ReduceSum', before, axes)),
);
