/** Attributions of any method as one number for each place of the input, so that they can be compared. */

import { WhylightError } from '../errors.ts';
import type { Attribution } from '../method/contract.ts';
import { saliencyMap } from '../method/saliency-map.ts';
import { valuesByInput } from '../model/embeddings/values-by-input.ts';
import type { ModelInfo, TensorInfo } from '../model/info.ts';
import { imageInput } from '../model/info.ts';
import { knownDims } from '../model/known-dims.ts';
import { float32, sizeOf, type Tensor } from '../tensor/tensor.ts';
import { positionsOf } from './perturbation/positions.ts';

/**
 * By input name. An image's map is enlarged to its size, its channels added up; so are the numbers of an embedded token.
 * @throws WhylightError `unprocessable_method` for attributions that have no place in the input
 */
export function positionMaps(
  attribution: Attribution,
  model: ModelInfo,
  method: string,
): Readonly<Record<string, Float32Array>> {
  const image = imageInput(model);
  if (image) {
    const shapes = Object.fromEntries(model.inputs.map((input) => [input.name, knownDims(input)]));
    const map = saliencyMap(attribution, model, shapes);
    if (map) return { [image.name]: map.data };
  }
  const maps: Record<string, Float32Array> = {};
  const inputOf = (name: string): TensorInfo | undefined => model.inputs.find((input) => input.name === name);
  const size = (name: string): number => sizeOf(knownDims(inputOf(name) as TensorInfo));
  for (const [name, value] of Object.entries(valuesByInput(model.sources, attribution.values, size))) {
    const input = inputOf(name);
    if (input) maps[name] = perPosition(value, input);
  }
  if (Object.keys(maps).length > 0) return maps;
  throw new WhylightError(
    'unprocessable_method',
    `What "${method}" says about ${Object.keys(attribution.values).join(', ')} has no place in the input.`,
    { method },
  );
}

/** One number for each position as values of the input: the channels, if there are any, are one. */
export function asValues(map: ArrayLike<number>, input: TensorInfo): Tensor<'float32'> {
  const dims = knownDims(input).map((dim, axis) => (axis === input.channelAxis ? 1 : dim));
  return float32([1, ...dims], map);
}

function perPosition({ data }: Tensor<'float32'>, input: TensorInfo): Float32Array {
  const { count, ids } = positionsOf(input);
  const map = new Float32Array(count);
  const own = data.length === sizeOf(knownDims(input));
  // Otherwise the channels are one already, or the elements of a position (an embedded token) follow one another.
  const width = data.length / count;
  for (const [i, value] of data.entries()) {
    const position = own ? (ids[i] as number) : Math.floor(i / width);
    map[position] = (map[position] as number) + value;
  }
  return map;
}
