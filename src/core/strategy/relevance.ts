/** Place at which relevance is read: the input, or an inner tensor. */
import * as z from 'zod';
import { LRP_DEFAULTS } from '../autodiff/rulesets/lrp.ts';
import type { Evaluation, Needs } from '../method/contract.ts';
import type { ModelInfo } from '../model/info.ts';
import type { Float32Tensors } from '../tensor/rows.ts';

/** Schema of the parameter `epsilon` of methods that hand relevance back. With none at all, 0 / 0 is no number. */
export const relevanceEpsilonParameter = z
  .number()
  .min(1e-12)
  .max(1)
  .default(LRP_DEFAULTS.epsilon)
  .describe('Added to denominators with their sign: larger values dampen what is weak and contradictory.');

/** Schema of the parameter `target_layer` of methods that hand relevance back. */
export const relevanceLayerParameter = z
  .string()
  .min(1)
  .default('input')
  .describe('Where relevance is read: "input", or the name of an inner tensor.');

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
