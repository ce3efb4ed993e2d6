/** The layer that a method looks at. */
import { z } from 'zod';
import { WhylightError } from '../errors.ts';
import type { ModelInfo, TensorInfo } from '../method/contract.ts';
import { attentionMaps } from '../model/attention.ts';

export const targetLayerParameter = z
  .string()
  .min(1)
  .default('auto')
  .describe(
    'Name of the tensor to look at; "auto" takes the last feature map before pooling, or the tokens that the last attention starts from.',
  );

/** @throws WhylightError `layer_not_found`, or `unprocessable_method` when the model has no feature map. */
export function targetLayer(name: string, model: ModelInfo): TensorInfo {
  if (name !== 'auto') return model.tensor(name);
  const tokens = attentionMaps(model.graph).at(-1)?.tokens;
  if (tokens !== undefined) return model.tensor(tokens);
  if (model.camLayer) return model.camLayer;
  throw new WhylightError(
    'unprocessable_method',
    'The model has no feature map to look at: name a tensor in target_layer, or use a gradient or perturbation method.',
    { parameter: 'target_layer' },
  );
}
