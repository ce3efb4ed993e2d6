/** LRP's rules for products of activations. */
import type { Value } from '../../onnx/builder.ts';
import { type Cotangents, operands, type RuleContext } from '../rule.ts';
import { attentionFactor } from './attention-values.ts';
import { gradientAt } from './gradient.ts';
import { stabilized } from './lrp-layers.ts';
import { signalFactor } from './self-gates.ts';

/** A product of two activations: each factor gets half (AttnLRP, proposition 3.3). */
export function productOfActivations(context: RuleContext, epsilon: number): Cotangents {
  const {
    g,
    inputs,
    outputs: [z],
    cotangents: [r],
    wants,
  } = context;
  const both = wants(0) && wants(1);
  const share = g.div(r, stabilized(g, both ? g.add(z, z) : z, epsilon));
  const parts = gradientAt(context, { cotangents: operands([share]) });
  return parts.map((part, i) => part && g.mul(inputs[i] as Value, part));
}

/** A product of attention and values where the attention is a constant: the values get all of it. */
export function valuesOnly(context: RuleContext, epsilon: number): Cotangents {
  const factor = attentionFactor(context.node);
  if (factor === undefined) return productOfActivations(context, epsilon);
  const wants = (i: number): boolean => i !== factor && context.wants(i);
  const parts = productOfActivations({ ...context, wants }, epsilon);
  return parts.map((part, i) => i !== factor && part);
}

/** A product: of two activations, or of an activation and its own gate, which gets nothing. */
export const product =
  (epsilon: number) =>
  (context: RuleContext): Cotangents => {
    const signal = signalFactor(context.node);
    if (signal === undefined) return productOfActivations(context, epsilon);
    const [r] = context.cotangents;
    return signal === 0 ? [r] : [false, r];
  };
