/** An element of an inner tensor, explained in place of the score. */
import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import type { ModelInfo, TensorInfo } from '../model/info.ts';
import type { Target } from '../model/target-request.ts';
import { sizeOf } from '../tensor/tensor.ts';
import { targetLayer } from './layer.ts';

export const neuronParameter = z
  .array(z.int().min(0))
  .min(1)
  .max(8)
  .default([0])
  .describe(
    'Position in one row of the tensor, axis by axis; with fewer numbers than axes, the sum over all that begin so: a channel of a feature map.',
  );

export interface NeuronParams {
  readonly target_layer: string;
  readonly neuron: readonly number[];
}

/**
 * The element that the parameters name, and its layer.
 * @throws WhylightError as {@link targetLayer} and {@link neuronTarget}
 */
export function neuronOf(
  { target_layer, neuron }: NeuronParams,
  model: ModelInfo,
): { readonly layer: TensorInfo; readonly target: Target } {
  const layer = targetLayer(target_layer, model);
  return { layer, target: neuronTarget(neuron, layer) };
}

/** Maximum number of elements that one neuron may stand for: a channel of 512 x 512. */
const MAX_ELEMENTS = 2 ** 18;

/** @throws WhylightError `invalid_request` for a position that the tensor does not have, or that names too many elements */
export function neuronTarget(neuron: readonly number[], { name, dims }: TensorInfo): Target {
  const layerDims = dims.map(Number);
  if (neuron.length > layerDims.length || neuron.some((at, axis) => at >= (layerDims[axis] as number))) {
    const message = `neuron is a position in one row of "${name}", of shape [${layerDims.join(', ')}], but [${neuron.join(', ')}] was given.`;
    throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'neuron', message }] });
  }
  const inner = sizeOf(layerDims.slice(neuron.length));
  if (inner > MAX_ELEMENTS) {
    const message = `neuron [${neuron.join(', ')}] stands for ${inner} elements of "${name}", of shape [${layerDims.join(', ')}], but at most ${MAX_ELEMENTS} are summed: name a position on more axes.`;
    throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'neuron', message }] });
  }
  const first = neuron.reduce((at, index, axis) => at * (layerDims[axis] as number) + index, 0) * inner;
  return { weights: Array.from({ length: inner }, (_, i) => ({ index: first + i, weight: 1 })) };
}
