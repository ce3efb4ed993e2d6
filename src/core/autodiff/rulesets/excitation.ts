/**
 * Excitation backprop (Zhang et al. 2016, "Top-down neural attention by excitation backprop", equation 10): a unit is the
 * winner with a probability, and each unit shares its probability among those below it that excite it, by
 * `p_i = sum_j x_i w+_ij / (sum_k x_k w+_kj) p_j`. Biases take nothing. Negative inputs, which the paper does not have,
 * excite nothing.
 */
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { traitsOf } from '../../onnx/operators.ts';
import { type Cotangents, operands, type RuleContext } from '../rule.ts';
import type { Ruleset } from '../ruleset.ts';
import { gradient, gradientAt } from './gradient.ts';
import { lrp } from './lrp.ts';
import { linearLayer, propagate } from './lrp-layers.ts';

/** Rules for all other operators: activations pass relevance on, a maximum passes it to the winner. */
const others = lrp({ zeroParams: 'bias' });

const POOLS: ReadonlySet<string> = new Set(['AveragePool', 'GlobalAveragePool', 'ReduceMean', 'ReduceSum']);

/**
 * @param contrastive what excites the dual of the target, whose weights in the last layer are the negative ones, is taken
 * off (section 3.3): the marginal winning probability that is the target's own
 */
export function excitation(contrastive: boolean): Ruleset {
  return {
    id: contrastive ? 'contrastive_excitation' : 'excitation',
    title: contrastive ? 'Contrastive excitation backprop' : 'Excitation backprop',
    rule(position) {
      const { node, last } = position;
      const vjp = traitsOf(node).linear ? linear(contrastive && last) : POOLS.has(node.op) ? pool : undefined;
      if (vjp) return { op: node.op, since: gradient.rule(position)?.since ?? [], cases: [], surrogate: true, vjp };
      const rule = others.rule(position);
      return rule && node.op === 'Add' ? { ...rule, vjp: (context) => sum(context, rule.vjp) } : rule;
    },
  };
}

type Vjp = (context: RuleContext) => Cotangents;

const positive = (g: GraphBuilder, x: Value): Value => g.op('Relu', [x]);

/** r / z, and zero where nothing excites. */
function shareOf(g: GraphBuilder, r: Value, z: Value): Value {
  const excited = g.op('Greater', [z, g.number(0, z)]);
  return g.where(excited, g.div(r, g.where(excited, z, g.number(1, z))), g.number(0, z));
}

const linear =
  (contrastive: boolean): Vjp =>
  (context) => {
    const { g, cotangents } = context;
    const [r] = cotangents;
    const layer = linearLayer(context);
    if (!layer) return factors(context);
    const unbiased = { ...context, optional: (i: number) => (i === 2 ? undefined : context.optional(i)) };
    const x = positive(g, layer.x);
    const copies = [{ x, w: positive(g, layer.w) }];
    if (contrastive) copies.push({ x, w: positive(g, g.neg(layer.w)) });
    return propagate(unbiased, copies, (z) =>
      z.map((each, i) => (i === 0 ? shareOf(g, r, each) : g.neg(shareOf(g, r, each)))),
    );
  };

/** A product of two activations, as attention has it: left to LRP. */
const factors: Vjp = (context) => {
  const position = { node: context.node, first: false, last: false };
  return others.rule(position)?.vjp(context) ?? [];
};

/** A linear layer with equal weights. */
const pool: Vjp = (context) => {
  const { g, node, inputs, cotangents, optional } = context;
  const x = positive(g, inputs[0]);
  const z = g.op(node.op, [x, ...node.inputs.slice(1).map((_, i) => optional(i + 1))], node.attributes);
  const [back] = gradientAt(context, { cotangents: operands([shareOf(g, cotangents[0], z)]) });
  return [back && g.mul(x, back)];
};

/** Two branches: each by what it adds. A constant is a bias. */
function sum(context: RuleContext, bias: Vjp): Cotangents {
  const { g, inputs, cotangents, wants } = context;
  if (!(wants(0) && wants(1))) return bias(context);
  const [a, b] = [positive(g, inputs[0]), positive(g, inputs[1])];
  const share = shareOf(g, cotangents[0], g.add(a, b));
  return [g.mul(a, share), g.mul(b, share)];
}
