/**
 * Layer-wise relevance propagation (Bach et al. 2015, "On pixel-wise explanations"). The backward signal is relevance:
 * it starts as the target's score and each layer hands its own share to its inputs.
 *
 * The rules of linear layers and the composites are zennit's (Anders et al. 2021, "Software for dataset-wide XAI"), the
 * treatment of attention is that of Achtibat et al. 2024, "AttnLRP". Batch norms are folded into their convolutions first,
 * so bias and scale are part of the layer in front.
 */

import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { operatorsWhere, traitsOf } from '../../onnx/operators.ts';
import { type Cotangents, operands, type RuleContext } from '../rule.ts';
import type { NodePosition, Ruleset } from '../ruleset.ts';
import { findAttentionProducts } from './attention-values.ts';
import { gradient, gradientAt } from './gradient.ts';
import { type Layer, linearLayer, propagate, stabilized } from './lrp-layers.ts';
import { NORMALIZATION_RULES } from './lrp-normalization.ts';
import { product, productOfActivations, valuesOnly } from './lrp-products.ts';
import { findSelfGates } from './self-gates.ts';

/**
 * Rules by which a linear layer splits its relevance. The names are those of zennit; `identity`, `alpha1beta0` and `captum_gamma` are
 * Captum's, which change weights only and leave the inputs signed.
 */
export const LRP_RULES = [
  'epsilon',
  'zplus',
  'alpha2beta1',
  'alpha1beta0',
  'gamma',
  'captum_gamma',
  'zbox',
  'flat',
  'wsquare',
  'identity',
  'gradient',
] as const;
export type LrpRule = (typeof LRP_RULES)[number];

/** Named composites: a rule for convolutions, one for dense layers, and one for the first layer that has weights. */
export const LRP_COMPOSITES = {
  epsilon: { convolution: 'epsilon', dense: 'epsilon' },
  epsilon_plus: { convolution: 'zplus', dense: 'epsilon' },
  epsilon_plus_flat: { convolution: 'zplus', dense: 'epsilon', first: 'flat' },
  epsilon_gamma_box: { convolution: 'gamma', dense: 'epsilon', first: 'zbox' },
  epsilon_alpha2_beta1: { convolution: 'alpha2beta1', dense: 'epsilon' },
  epsilon_alpha2_beta1_flat: { convolution: 'alpha2beta1', dense: 'epsilon', first: 'flat' },
} as const satisfies Record<string, { convolution: LrpRule; dense: LrpRule; first?: LrpRule }>;
export type LrpComposite = keyof typeof LRP_COMPOSITES;

export interface LrpOptions {
  readonly composite: LrpComposite;
  /** Added to denominators with their sign. zennit: 1e-6, Captum: 1e-9. */
  readonly epsilon: number;
  /** Weight of the positive part in the gamma rule. */
  readonly gamma: number;
  /** Smallest and largest possible input value, for the z-box rule. */
  readonly low: number;
  readonly high: number;
  /** `bias` leaves biases out of every denominator: they take no share of the relevance (zennit's `zero_params`). */
  readonly zeroParams: 'none' | 'bias';
  /**
   * `linear` takes the deviation of a normalisation as a scale, and mean and shift take their share; `identity` hands on
   * all of the relevance (AttnLRP, proposition 3.4).
   */
  readonly normalization: 'linear' | 'identity';
  /** `cp_lrp` takes attention probabilities for constants; `attn_lrp` sends half of the relevance through the softmax. */
  readonly attention: 'attn_lrp' | 'cp_lrp';
  /** Another rule for single layers, by the name of their node or of their output tensor. */
  readonly rules?: Readonly<Record<string, LrpRule>>;
}

export const LRP_DEFAULTS: LrpOptions = {
  composite: 'epsilon_plus',
  epsilon: 1e-6,
  gamma: 0.25,
  low: -1,
  high: 1,
  zeroParams: 'none',
  normalization: 'linear',
  attention: 'attn_lrp',
};

/** The ruleset of these options. Its id names them all: two with the same id are the same. */
export function lrp(options: Partial<LrpOptions> = {}): Ruleset {
  const chosen = { ...LRP_DEFAULTS, ...options };
  return {
    id: `lrp(${JSON.stringify(chosen)})`,
    title: 'Layer-wise relevance propagation',
    prepare(graph) {
      const gated = findSelfGates(graph);
      return chosen.attention === 'cp_lrp' ? findAttentionProducts(gated) : gated;
    },
    seed: (g, scores, cotangent) => g.mul(scores, cotangent),
    rule(position) {
      const rule = ruleFor(position, chosen);
      const fallback = gradient.rule(position);
      if (!rule) return fallback;
      return { op: position.node.op, since: fallback?.since ?? [], cases: [], surrogate: true, vjp: rule };
    },
  };
}

type Vjp = (context: RuleContext) => Cotangents;

function ruleFor(position: NodePosition, options: LrpOptions): Vjp | undefined {
  const { node } = position;
  const named = options.rules?.[node.name] ?? options.rules?.[node.outputs[0] ?? ''];
  const { linear } = traitsOf(node);
  if (linear) {
    const { first, convolution, dense }: { first?: LrpRule; convolution: LrpRule; dense: LrpRule } =
      LRP_COMPOSITES[options.composite];
    const rule = named ?? (position.first ? first : undefined) ?? (linear === 'convolution' ? convolution : dense);
    return (given) => {
      const context = options.zeroParams === 'bias' ? withoutBias(given) : given;
      if (linearLayer(context)) return LINEAR_RULES[rule](context, options);
      return (options.attention === 'cp_lrp' ? valuesOnly : productOfActivations)(given, options.epsilon);
    };
  }
  if (options.zeroParams === 'bias' && BIAS_NODES.has(node.op)) return biasNode(norm(options));
  const rule = node.domain === '' ? OTHER_RULES.get(node.op)?.(options) : undefined;
  return rule && options.zeroParams === 'bias' ? (context) => rule(withoutBias(context)) : rule;
}

const zero = (g: GraphBuilder, x: Value): Value => g.number(0, x);
const positive = (g: GraphBuilder, x: Value): Value => g.op('Relu', [x]);
const negative = (g: GraphBuilder, x: Value): Value => g.op('Min', [x, zero(g, x)]);

const LINEAR_RULES: Record<LrpRule, (context: RuleContext, options: LrpOptions) => Cotangents> = {
  epsilon: (context, { epsilon }) => withWeights(context, epsilon, (_, w) => w),
  zplus: (context, options) => alphaBeta(context, options.epsilon, 1, 0),
  alpha2beta1: (context, options) => alphaBeta(context, options.epsilon, 2, 1),
  alpha1beta0: (context, { epsilon }) => withWeights(context, epsilon, (g, w) => positive(g, w)),
  captum_gamma: (context, { epsilon, gamma }) =>
    withWeights(context, epsilon, (g, w) => g.add(w, g.mul(positive(g, w), g.number(gamma, w)))),
  gamma(context, { epsilon, gamma }) {
    const {
      g,
      cotangents: [r],
    } = context;
    const { x, w, b } = linearLayer(context) as Layer;
    // Generalised to inputs of both signs: what pushes the output's own way is favoured.
    const favour = (v: Value, part: Value): Value => g.add(v, g.mul(part, g.number(gamma, v)));
    const up = (v: Value): Value => favour(v, positive(g, v));
    const down = (v: Value): Value => favour(v, negative(g, v));
    const [xPositive, xNegative] = [positive(g, x), negative(g, x)];
    const plain = linearForward(context);
    const above = g.mul(r, g.op('CastLike', [g.op('Greater', [plain, zero(g, plain)]), r]));
    const below = g.mul(r, g.op('CastLike', [g.op('Less', [plain, zero(g, plain)]), r]));
    return propagate(
      context,
      [
        { x: xPositive, w: up(w), b: b && up(b) },
        { x: xNegative, w: down(w) },
        { x: xPositive, w: down(w), b: b && down(b) },
        { x: xNegative, w: up(w) },
      ],
      (z) => {
        const [z0, z1, z2, z3] = z as [Value, Value, Value, Value];
        const upwards = g.div(above, stabilized(g, g.add(z0, z1), epsilon));
        const downwards = g.div(below, stabilized(g, g.add(z2, z3), epsilon));
        return [upwards, upwards, downwards, downwards];
      },
    );
  },
  zbox(context, { epsilon, low, high }) {
    const {
      g,
      cotangents: [r],
    } = context;
    const { x, w, b } = linearLayer(context) as Layer;
    const least = g.expandLike(g.number(low, x), x);
    const most = g.expandLike(g.number(high, x), x);
    return propagate(
      context,
      [
        { x, w, b },
        { x: least, w: positive(g, w), b: b && positive(g, b) },
        { x: most, w: negative(g, w), b: b && negative(g, b) },
      ],
      (z) => {
        const [z0, z1, z2] = z as [Value, Value, Value];
        const share = g.div(r, stabilized(g, g.sub(g.sub(z0, z1), z2), epsilon));
        return [share, g.neg(share), g.neg(share)];
      },
    );
  },
  flat(context, { epsilon }) {
    const {
      g,
      cotangents: [r],
    } = context;
    const { x, w } = linearLayer(context) as Layer;
    const ones = (v: Value): Value => g.expandLike(g.number(1, v), v);
    return propagate(context, [{ x: ones(x), w: ones(w) }], ([z]) => [g.div(r, stabilized(g, z as Value, epsilon))]);
  },
  wsquare(context, { epsilon }) {
    const {
      g,
      cotangents: [r],
    } = context;
    const { x, w, b } = linearLayer(context) as Layer;
    const layer = { x: g.expandLike(g.number(1, x), x), w: g.mul(w, w), b: b && g.mul(b, b) };
    return propagate(context, [layer], ([z]) => [g.div(r, stabilized(g, z as Value, epsilon))]);
  },
  identity: ({ cotangents: [r] }) => [r],
  gradient: (context) => gradientAt(context),
};

/** The epsilon rule of the layer with other weights and its own bias. */
function withWeights(context: RuleContext, epsilon: number, change: (g: GraphBuilder, w: Value) => Value): Cotangents {
  const {
    g,
    cotangents: [r],
  } = context;
  const { x, w, b } = linearLayer(context) as Layer;
  return propagate(context, [{ x, w: change(g, w), b }], ([z]) => [g.div(r, stabilized(g, z as Value, epsilon))]);
}

/** Positive and negative contributions apart: `alpha` times the former, less `beta` times the latter. */
function alphaBeta(context: RuleContext, epsilon: number, alpha: number, beta: number): Cotangents {
  const {
    g,
    cotangents: [r],
  } = context;
  const { x, w, b } = linearLayer(context) as Layer;
  const [xp, xn, wp, wn] = [positive(g, x), negative(g, x), positive(g, w), negative(g, w)];
  const supporting = [
    { x: xp, w: wp, b: b && positive(g, b) },
    { x: xn, w: wn },
  ];
  const opposing =
    beta === 0
      ? []
      : [
          { x: xp, w: wn, b: b && negative(g, b) },
          { x: xn, w: wp },
        ];
  return propagate(context, [...supporting, ...opposing], (z) => {
    const share = (scale: number, a: Value, c: Value): Value => {
      const part = g.div(r, stabilized(g, g.add(a, c), epsilon));
      return scale === 1 ? part : g.mul(part, g.number(scale, part));
    };
    const [z0, z1, z2, z3] = z as [Value, Value, Value, Value];
    const support = share(alpha, z0, z1);
    if (beta === 0) return [support, support];
    const oppose = share(-beta, z2, z3);
    return [support, support, oppose, oppose];
  });
}

/** Output of the layer, without its bias where that is left out. */
function linearForward(context: RuleContext): Value {
  const {
    g,
    node,
    inputs: [a, b],
    outputs: [y],
    optional,
  } = context;
  return node.inputs[2] && !optional(2) ? g.op(node.op, [a, b], node.attributes) : y;
}

const withoutBias = (context: RuleContext): RuleContext => ({
  ...context,
  optional: (i) => (i === 2 ? undefined : context.optional(i)),
});

/** Operators that add the bias of a layer that has none of its own. */
const BIAS_NODES: ReadonlySet<string> = new Set(['Add', 'Sub']);

/** A sum with a constant is a bias: what varies gets everything. */
const biasNode =
  (otherwise: Vjp): Vjp =>
  (context) => {
    const {
      cotangents: [r],
      wants,
    } = context;
    if (wants(0) && wants(1)) return otherwise(context);
    return wants(0) ? [r] : [false, r];
  };

/** x times what the gradient gives for r / z: zennit's Norm rule, for sums and averages. */
const norm =
  ({ epsilon }: LrpOptions): Vjp =>
  (context) => {
    const {
      g,
      inputs,
      outputs: [z],
      cotangents: [r],
    } = context;
    const share = g.div(r, stabilized(g, z, epsilon));
    const parts = gradientAt(context, { cotangents: operands([share]) });
    return parts.map((part, i) => part && g.mul(inputs[i] as Value, part));
  };

/** Activations hand on what they get. */
const pass: (options: LrpOptions) => Vjp =
  () =>
  ({ cotangents: [r] }) => [r];

/** The softmax of attention, linearised at its input (AttnLRP, proposition 3.1). */
const softmax =
  (): Vjp =>
  ({ g, node, inputs: [x], outputs: [y], cotangents: [r] }) => {
    const axis = node.attributes.axis;
    const total = g.reduce('ReduceSum', r, [axis?.type === 'int' ? axis.value : -1]);
    // What a mask of minus infinity shuts out has no relevance, and no product either.
    const open = g.where(g.op('Less', [x, g.number(-1e30, x)]), g.number(0, x), x);
    return [g.mul(open, g.sub(r, g.mul(y, total)))];
  };

/** Simplified layer normalisation has no rule, so it reaches this ruleset in parts. */
const passing = operatorsWhere(({ activation, normalization }) => Boolean(activation || normalization)).filter(
  (op) => op !== 'SimplifiedLayerNormalization',
);

const OTHER_RULES: ReadonlyMap<string, (options: LrpOptions) => Vjp> = new Map([
  ...passing.map((op) => [op, pass] as const),
  ...['Add', 'Sub', 'Sum', 'AveragePool', 'GlobalAveragePool', 'ReduceMean', 'ReduceSum'].map(
    (op) => [op, norm] as const,
  ),
  ...[...NORMALIZATION_RULES].map(
    ([op, rule]) =>
      [
        op,
        (options: LrpOptions) => (options.normalization === 'identity' ? pass(options) : rule(options.epsilon)),
      ] as const,
  ),
  ['Softmax', softmax],
  ['Mul', ({ epsilon }: LrpOptions) => product(epsilon)],
  // The numerator carries the relevance; the denominator is taken as a scale.
  ['Div', pass],
]);
