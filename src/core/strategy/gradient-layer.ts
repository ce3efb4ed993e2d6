/** The layer that a method looks at which takes the gradient there alone. */
import * as z from 'zod';
import type { ModelInfo, TensorInfo } from '../model/info.ts';
import type { Node } from '../onnx/graph.ts';
import { traitsOf } from '../onnx/operators.ts';
import { targetLayer } from './layer.ts';

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
