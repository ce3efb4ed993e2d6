/** Normalisations, in their inference form. */
import { float, floatAttribute, intAttribute, intsAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { defineRule, type Rule, type RuleCase } from '../rule.ts';
import { alongAxis, fromFront, rankOf, refuse, upTo } from './axes.ts';

/** The standard score of x over `axes` and what it was divided by. */
export interface Standardised {
  readonly score: Value;
  /** 1 / sqrt(variance + epsilon). */
  readonly inverse: Value;
}

/** Standardises x over `axes`. */
export function standardise(g: GraphBuilder, x: Value, axes: readonly number[], epsilon: number): Standardised {
  const centred = g.sub(x, g.reduce('ReduceMean', x, axes));
  const variance = g.reduce('ReduceMean', g.mul(centred, centred), axes);
  const inverse = g.op('Reciprocal', [g.op('Sqrt', [g.add(variance, g.number(epsilon, x))])]);
  return { score: g.mul(centred, inverse), inverse };
}

/**
 * Back through z = (x - mean(x)) / sqrt(var(x) + epsilon): the cotangent less its mean and less its share along z, over
 * the deviation. Ba, Kiros and Hinton 2016, "Layer normalization"; the same algebra for instances and groups.
 */
function throughScore(g: GraphBuilder, dz: Value, { score, inverse }: Standardised, axes: readonly number[]): Value {
  const share = g.mul(score, g.reduce('ReduceMean', g.mul(dz, score), axes));
  const level = g.reduce('ReduceMean', dz, axes);
  return g.mul(g.sub(g.sub(dz, level), share), inverse);
}

/** Sums over every axis but one, which stays alone. */
const perChannel = (g: GraphBuilder, x: Value, rank: number, axis = 1): Value =>
  g.reduce(
    'ReduceSum',
    x,
    upTo(rank).filter((i) => i !== axis),
    false,
  );

/** Mean over a window of `size` channels around each, what lies outside counted as 0; `mirrored` for its transpose. */
export function channelMean(g: GraphBuilder, x: Value, channels: number, size: number, mirrored: boolean): Value {
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const pads = mirrored ? [after, 0, before, 0] : [before, 0, after, 0];
  const rows = g.op('Reshape', [x, g.ints([0, 1, channels, -1])]);
  return g.reshapeLike(g.op('AveragePool', [rows], { kernel_shape: [size, 1], pads, count_include_pad: 1 }), x);
}

const constant = (dims: number[], range: readonly [number, number] = [-1, 1]) => ({ dims, range, constant: true });
const positive = (dims: number[]) => constant(dims, [0.5, 2]);
const spread = (dims: number[]) => ({ dims, range: [-2, 2] as const });

const instances: readonly RuleCase[] = [
  { inputs: [spread([2, 3, 3, 4]), constant([3]), constant([3])] },
  { inputs: [spread([2, 2, 5]), [2], [2]], attributes: { epsilon: float(0.1) } },
  { inputs: [spread([1, 2, 2, 3, 2]), constant([2]), constant([2])] },
];

const layers: readonly RuleCase[] = [
  { inputs: [spread([2, 3, 5]), constant([5]), constant([5])] },
  { inputs: [spread([2, 3, 5]), [5], [5]], attributes: { epsilon: float(0.1) } },
  { inputs: [spread([2, 3, 4]), constant([3, 4]), constant([3, 4])], attributes: { axis: 1 } },
  { inputs: [spread([2, 3, 4]), constant([3, 4])], attributes: { axis: -2 } },
  { inputs: [spread([2, 6]), constant([6]), constant([6])], outputs: 3 },
];

export const normalizationRules: readonly Rule[] = [
  defineRule({
    op: 'BatchNormalization',
    since: [7, 9, 14, 15],
    note: 'With the running mean and variance.',
    vjp({ g, node, inputs: [x, scale, , mean, variance], cotangents: [dy], wants }) {
      if (intAttribute(node, 'training_mode', 0) === 1) refuse(node, 'in training mode its rows depend on one another');
      const rank = rankOf(x, node);
      const spread = g.add(variance, g.number(floatAttribute(node, 'epsilon', 1e-5), variance));
      const inverse = g.op('Reciprocal', [g.op('Sqrt', [spread])]);
      const along = (v: Value): Value => alongAxis(g, v, 1, rank);
      const factor = g.mul(scale, inverse);
      const sum = (): Value => perChannel(g, dy, rank);
      const score = (): Value => g.mul(g.sub(x, along(mean)), along(inverse));
      const dscale = (): Value => perChannel(g, g.mul(dy, score()), rank);
      return [
        wants(0) && g.mul(dy, along(factor)),
        wants(1) && dscale(),
        wants(2) && sum(),
        wants(3) && g.neg(g.mul(sum(), factor)),
        wants(4) && g.mul(g.mul(dscale(), scale), g.div(g.number(-0.5, spread), spread)),
      ];
    },
    cases: [
      { inputs: [[2, 3, 2, 2], constant([3]), constant([3]), constant([3]), positive([3])] },
      { inputs: [[2, 3], constant([3]), constant([3]), constant([3]), positive([3])] },
      { inputs: [[2, 3, 4], [3], [3], [3], { dims: [3], range: [0.5, 2] }], attributes: { epsilon: float(0.01) } },
    ],
  }),
  defineRule({
    op: 'InstanceNormalization',
    since: [6, 22],
    vjp({ g, node, inputs: [x, scale], cotangents: [dy], wants }) {
      const rank = rankOf(x, node);
      const axes = upTo(rank).slice(2);
      const standard = standardise(g, x, axes, floatAttribute(node, 'epsilon', 1e-5));
      return [
        wants(0) && throughScore(g, g.mul(dy, alongAxis(g, scale, 1, rank)), standard, axes),
        wants(1) && perChannel(g, g.mul(dy, standard.score), rank),
        wants(2) && perChannel(g, dy, rank),
      ];
    },
    cases: instances,
  }),
  defineRule({
    op: 'GroupNormalization',
    since: [21],
    note: 'Version 18, with one scale for each group, is rewritten when the model is read.',
    vjp({ g, node, inputs: [x, scale], cotangents: [dy], wants }) {
      const rank = rankOf(x, node);
      const inGroups = (v: Value): Value => g.op('Reshape', [v, g.ints([0, intAttribute(node, 'num_groups', 1), -1])]);
      const standard = standardise(g, inGroups(x), [2], floatAttribute(node, 'epsilon', 1e-5));
      const dz = (): Value => inGroups(g.mul(dy, alongAxis(g, scale, 1, rank)));
      return [
        wants(0) && g.reshapeLike(throughScore(g, dz(), standard, [2]), x),
        wants(1) && perChannel(g, g.mul(dy, g.reshapeLike(standard.score, x)), rank),
        wants(2) && perChannel(g, dy, rank),
      ];
    },
    cases: [
      { inputs: [spread([2, 4, 3, 2]), constant([4]), constant([4])], attributes: { num_groups: 2 } },
      { inputs: [spread([2, 6, 3]), [6], [6]], attributes: { num_groups: 3, epsilon: float(0.1) } },
      { inputs: [spread([1, 4, 2, 2]), constant([4]), constant([4])], attributes: { num_groups: 1 } },
      { inputs: [spread([2, 8]), constant([8]), constant([8])], attributes: { num_groups: 2 } },
    ],
  }),
  defineRule({
    op: 'LayerNormalization',
    since: [17],
    vjp({ g, node, inputs: [x, scale], outputs: [y], cotangents: [dy, dmean, dinverse], wants }) {
      const rank = rankOf(x, node);
      const axes = upTo(rank).slice(fromFront(intAttribute(node, 'axis', -1), rank));
      // The operator gives mean and deviation along with its result: they are not computed again.
      const [, mean, inverse] = g.allOutputs(y, 3) as [Value, Value, Value];
      const standard = { score: g.mul(g.sub(x, mean), inverse), inverse };
      const count = (): Value => {
        const extents = axes.map((a) => x.dims?.[a]);
        if (extents.some((d) => typeof d !== 'number'))
          refuse(node, 'the dims it normalises over are not known before the run');
        return g.number(
          (extents as number[]).reduce((a, b) => a * b, 1),
          x,
        );
      };
      const parts = wants(0)
        ? [
            dy && throughScore(g, g.mul(dy, scale), standard, axes),
            dmean && g.div(dmean, count()),
            dinverse && g.neg(g.mul(standard.score, g.mul(g.mul(inverse, inverse), g.div(dinverse, count())))),
          ].filter((part) => part !== undefined)
        : [];
      return [parts.length > 0 && parts.reduce(g.add), wants(1) && dy && g.mul(dy, standard.score), wants(2) && dy];
    },
    cases: layers,
  }),
  defineRule({
    op: 'LpNormalization',
    since: [1, 22],
    note: 'Zero where the norm is zero.',
    vjp({ g, node, inputs: [x], outputs: [y], cotangents: [dy] }) {
      const axis = intAttribute(node, 'axis', -1);
      const first = intAttribute(node, 'p', 2) === 1;
      const norm = g.op(first ? 'ReduceL1' : 'ReduceL2', [x, g.ints([axis])], { keepdims: 1 });
      const zero = g.op('Equal', [norm, g.number(0, norm)]);
      const share = g.mul(first ? g.op('Sign', [x]) : y, g.reduce('ReduceSum', g.mul(dy, y), [axis]));
      return [g.where(zero, g.number(0, dy), g.div(g.sub(dy, share), g.where(zero, g.number(1, norm), norm)))];
    },
    cases: [
      { inputs: [spread([2, 3, 4])] },
      { inputs: [spread([2, 3, 4])], attributes: { axis: 1 } },
      { inputs: [spread([2, 4])], attributes: { p: 1 } },
    ],
  }),
  defineRule({
    op: 'MeanVarianceNormalization',
    since: [9, 13],
    note: 'Its default axes take the batch in: rows then depend on one another, as in the model itself.',
    vjp({ g, node, inputs: [x], cotangents: [dy] }) {
      const rank = rankOf(x, node);
      const axes = intsAttribute(node, 'axes', [0, 2, 3]).map((a) => fromFront(a, rank));
      // The operator adds its 1e-9 to the deviation, which is far below the rounding of any deviation that is not zero.
      return [throughScore(g, dy, standardise(g, x, axes, 1e-18), axes)];
    },
    cases: [
      { inputs: [spread([2, 2, 3, 2])], attributes: { axes: [2, 3] } },
      { inputs: [spread([2, 2, 3, 2])] },
      { inputs: [spread([3, 5])], attributes: { axes: [-1] } },
    ],
  }),
  defineRule({
    op: 'LRN',
    since: [1, 13],
    vjp({ g, node, inputs: [x], outputs: [y], cotangents: [dy] }) {
      const size = intAttribute(node, 'size', 1);
      const [alpha, beta, bias] = [
        floatAttribute(node, 'alpha', 1e-4),
        floatAttribute(node, 'beta', 0.75),
        floatAttribute(node, 'bias', 1),
      ];
      const channels = x.dims?.[1];
      if (typeof channels !== 'number') refuse(node, 'the number of channels is not known before the run');
      // y = x / s^beta
      const s = g.add(g.mul(channelMean(g, g.mul(x, x), channels, size, false), g.number(alpha, x)), g.number(bias, x));
      const others = channelMean(g, g.div(g.mul(dy, y), s), channels, size, true);
      return [
        g.sub(g.mul(dy, g.op('Pow', [s, g.number(-beta, s)])), g.mul(x, g.mul(others, g.number(2 * alpha * beta, x)))),
      ];
    },
    cases: [
      {
        inputs: [spread([2, 5, 2, 2])],
        attributes: { size: 3, alpha: float(0.9), beta: float(0.75), bias: float(1.5) },
      },
      { inputs: [spread([1, 6, 1, 2])], attributes: { size: 7, alpha: float(2) } },
      { inputs: [spread([1, 3, 2, 2])], attributes: { size: 5, alpha: float(1) } },
    ],
  }),
];
