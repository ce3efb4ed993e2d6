/**
 * DeepLIFT's Rescale rule (Shrikumar et al. 2017, "Learning important features through propagating activation differences",
 * section 3.5.1): every node's multiplier is the ratio of the differences, output to input, between the input and a
 * baseline that runs through the same graph.
 *
 * Linear operators multiply by their derivative. Products, quotients, softmax and normalisations have no rule in the paper:
 * they are split here so that the multipliers times the differences still add up to the difference of the score
 * (completeness), which replacing them by their gradient would break. A few rare operators still have their gradient:
 * ReduceProd, Det, Mod, LpPool, MeanVarianceNormalization, TopK, RoiAlign of mode max, scatters that overwrite, and sums
 * of products of three factors.
 */
import type { Value } from '../../onnx/builder.ts';
import { type OperatorTraits, operatorsWhere } from '../../onnx/operators.ts';
import { markBuiltIn } from '../built-in.ts';
import { operands, type Rule, type RuleContext } from '../rule.ts';
import { defineRuleset } from '../ruleset.ts';
import { where } from './deeplift/choice.ts';
import { extreme } from './deeplift/maxima.ts';
import {
  groupNormalization,
  instanceNormalization,
  layerNormalization,
  localResponse,
  lpNormalization,
} from './deeplift/normalization.ts';
import { atReference, half, ratio, SMOOTH, STRAIGHT, type Vjp } from './deeplift/parts.ts';
import { gridSample } from './deeplift/sampling.ts';
import { logSoftmax, logSum, logSumExp, softmax } from './deeplift/softmax.ts';
import { rootOfSquares, sumOfMagnitudes, sumOfSquares } from './deeplift/sums.ts';
import { gradient, gradientAt } from './gradient.ts';

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

/** Versions of an operator that its derivative covers; undefined where there is no rule. */
const sinceOf = (op: string): readonly number[] | undefined =>
  gradient.rule({ node: { op, domain: '' } as RuleContext['node'], first: false, last: false })?.since;

const withRule = (condition: (traits: OperatorTraits) => boolean): readonly string[] =>
  operatorsWhere(condition).filter((op) => sinceOf(op) !== undefined);

/** Steps have no derivative, but a difference. */
const straight = withRule(({ elementwise }) => elementwise === 'piecewise' || elementwise === 'step');
const curved = [...withRule(({ elementwise }) => elementwise === 'smooth'), 'Pow'];

const table = new Map<string, Vjp>([
  ...straight.map((op) => [op, rescale(STRAIGHT)] as const),
  ...curved.map((op) => [op, rescale(SMOOTH)] as const),
  ...['Mul', 'MatMul', 'Gemm', 'Einsum', 'Conv', 'ConvTranspose'].map((op) => [op, bilinear] as const),
  ['Div', quotient],
  ['Softmax', softmax],
  ['LogSoftmax', logSoftmax],
  ['LayerNormalization', layerNormalization],
  ['InstanceNormalization', instanceNormalization],
  ['GroupNormalization', groupNormalization],
  ['LpNormalization', lpNormalization],
  ['LRN', localResponse],
  ...['MaxPool', 'GlobalMaxPool', 'MaxRoiPool', 'ReduceMax', 'Max'].map((op) => [op, extreme('Max')] as const),
  ...['ReduceMin', 'Min'].map((op) => [op, extreme('Min')] as const),
  ['ReduceSumSquare', sumOfSquares],
  ['ReduceL1', sumOfMagnitudes],
  ['ReduceL2', rootOfSquares],
  ['ReduceLogSum', logSum],
  ['ReduceLogSumExp', logSumExp],
  ['GridSample', gridSample],
  ['Where', where],
]);

export const deeplift = markBuiltIn(
  defineRuleset({
    id: 'deeplift',
    title: 'DeepLIFT (Rescale)',
    reference: true,
    base: gradient,
    rules: [...table].map(([op, vjp]): Rule => ({ op, since: sinceOf(op) ?? [], vjp, surrogate: true, cases: [] })),
  }),
);
