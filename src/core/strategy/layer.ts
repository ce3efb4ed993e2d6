/** The layer that a method looks at. */
import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import type { ModelInfo, TensorInfo } from '../model/info.ts';

/**
 * Schema of the parameter `target_layer`: the name of a tensor, or `auto` (the default) for the model's CAM layer.
 *
 * @example
 * import { targetLayerParameter, z } from 'whylight/plugin';
 * const params = z.object({ target_layer: targetLayerParameter });
 */
export const targetLayerParameter = z
  .string()
  .min(1)
  .default('auto')
  .describe(
    'Name of the tensor to look at; "auto" takes the last feature map before pooling, or the tokens that the last attention starts from.',
  );

/**
 * Finds the layer that the parameter `target_layer` names.
 * @param name name of a tensor, or `auto` for {@link ModelInfo.camLayer}
 * @throws WhylightError `layer_not_found`, or `unprocessable_method` when the model has no feature map
 *
 * @example
 * import { defineMethod, targetLayer } from 'whylight/plugin';
 * export default defineMethod({
 *   ...definition,
 *   needs: ({ target_layer }, model) => ({ activations: [targetLayer(target_layer, model).name] }),
 * });
 */
export function targetLayer(name: string, model: ModelInfo): TensorInfo {
  if (name !== 'auto') return model.tensor(name);
  if (model.camLayer) return model.camLayer;
  throw new WhylightError(
    'unprocessable_method',
    'The model has no feature map to look at: name a tensor in target_layer, or use a gradient or perturbation method.',
    { parameter: 'target_layer' },
  );
}
