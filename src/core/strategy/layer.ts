/** The layer that a method looks at. */
import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import type { ModelInfo, TensorInfo } from '../model/info.ts';
import type { Node } from '../onnx/graph.ts';
import { traitsOf } from '../onnx/operators.ts';

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

export const gradientLayerParameter = z
  .string()
  .min(1)
  .default('auto')
  .describe(
    'Name of the tensor to look at; "auto" takes what the last convolution with an activation behind it reads, or the tokens that the last attention starts from: at the very last feature map the gradient is the same at every position.',
  );

/**
 * The layer for a method that looks at the gradient alone. Behind the last feature map there is often nothing but a mean
 * over the positions, whose gradient knows channels and no places.
 * @throws WhylightError as {@link targetLayer}
 */
export function gradientLayer(name: string, model: ModelInfo): TensorInfo {
  const last = targetLayer(name, model);
  return name === 'auto' && last === model.spatialLayers[0] ? (beforeLastConvolution(model) ?? last) : last;
}

/** Nonlinear in each position: behind such a node the gradient differs from position to position. */
function isNonlinear(node: Node): boolean {
  const { activation, pooling, featureMap } = traitsOf(node);
  return activation === true || (pooling === 'max' && featureMap === 'yes');
}

function beforeLastConvolution({ graph: { nodes }, spatialLayers }: ModelInfo): TensorInfo | undefined {
  const convolved = new Set(nodes.filter(({ op }) => op === 'Conv').map(({ inputs }) => inputs[0]));
  const curved = new Set(nodes.filter(isNonlinear).flatMap(({ outputs }) => outputs));
  let behind = false;
  for (const layer of spatialLayers) {
    if (behind && convolved.has(layer.name)) return layer;
    behind ||= curved.has(layer.name);
  }
  return undefined;
}
