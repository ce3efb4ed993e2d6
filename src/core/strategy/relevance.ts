/** Place at which relevance is read: the input, or an inner tensor. */
import * as z from 'zod';
import { LRP_DEFAULTS } from '../autodiff/rulesets/lrp.ts';
import type { Evaluation, Needs } from '../method/contract.ts';
import type { ModelInfo } from '../model/info.ts';
import type { Float32Tensors } from '../tensor/rows.ts';

/** Parameters that methods which hand relevance back share. */
export const relevanceParameters = {
  // With none at all, 0 / 0 is no number.
  epsilon: z
    .number()
    .min(1e-12)
    .max(1)
    .default(LRP_DEFAULTS.epsilon)
    .describe('Added to denominators with their sign: larger values dampen what is weak and contradictory.'),
  zero_params: z
    .enum(['none', 'bias'])
    .default(LRP_DEFAULTS.zeroParams)
    .describe(
      'What counts as zero. none: biases take their share of the relevance, which in deep networks with folded batch norms leaves little of it; bias: all of it goes to the inputs.',
    ),
  target_layer: z
    .string()
    .min(1)
    .default('input')
    .describe('Where relevance is read: "input", or the name of an inner tensor.'),
};

/**
 * Tensors to differentiate for. For an inner tensor the sources are among them: a product of two activations is shared
 * between its factors only where both lie on a path that is followed.
 * @throws WhylightError `layer_not_found` as `model.tensor` does
 */
export const relevanceGradients = (layer: string, model: ModelInfo): Needs['gradients'] =>
  layer === 'input' ? 'sources' : [...new Set([model.tensor(layer).name, ...model.sources.map(({ name }) => name)])];

/** Relevance at the layer alone. */
export function relevanceAt(layer: string, model: ModelInfo, { gradients }: Evaluation): Float32Tensors {
  if (layer === 'input') return gradients;
  const { name } = model.tensor(layer);
  return Object.fromEntries(Object.entries(gradients).filter(([tensor]) => tensor === name));
}
