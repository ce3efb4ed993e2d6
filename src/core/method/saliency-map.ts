/** From the values of an attribution to one number per pixel of the image. */

import { resizeMap } from '../image/resize.ts';
import type { ModelInfo, TensorInfo } from '../model/info.ts';
import { imageInput } from '../model/info.ts';
import { float32, type Tensor } from '../tensor/tensor.ts';
import type { Attribution } from './contract.ts';
import { layoutOf } from './layout.ts';

/**
 * The values at the size of the model's image, shape [height, width]: channels become one ({@link Attribution.channels}),
 * and the map of a layer is enlarged bilinearly. Sums, and what has a single channel, keep their signs. Undefined when the model sees no image, or the values have no place in it.
 */
export function saliencyMap(
  attribution: Pick<Attribution, 'values' | 'channels'>,
  model: ModelInfo,
  shapes: Shapes,
): Tensor<'float32'> | undefined {
  const image = imageInput(model);
  const map = mapAtOwnSize(attribution, model);
  if (!image || !map) return undefined;
  const [height = 0, width = 0] = (shapes[image.name] ?? []).filter((_, axis) => axis !== image.channelAxis);
  return attribution.values[image.name] ? map : enlargeMap(map, [height, width]);
}

/** Shapes of one row of each input. */
type Shapes = Readonly<Record<string, readonly number[]>>;

/** The same at the resolution of the values: a map of a layer is not enlarged. */
export function mapAtOwnSize(
  { values, channels }: Pick<Attribution, 'values' | 'channels'>,
  model: ModelInfo,
): Tensor<'float32'> | undefined {
  const image = imageInput(model);
  if (!image) return undefined;
  const own = values[image.name];
  if (own) return foldChannels(own, image, channels);
  for (const [name, layer] of Object.entries(values)) {
    const positions = model.inputs.some((input) => input.name === name)
      ? undefined
      : positionsOf(layer, model.tensor(name), model, channels);
    if (positions) return float32(positions.size, positions.map);
  }
  return undefined;
}

/** A map [height, width], enlarged bilinearly to `size`; itself where it has that size. */
export function enlargeMap(map: Tensor<'float32'>, size: readonly [number, number]): Tensor<'float32'> {
  const [height = 0, width = 0] = map.dims;
  return height === size[0] && width === size[1]
    ? map
    : float32(size, resizeMap(map.data, [height, width], [size[0], size[1]]));
}

/** One number per place of a layer; undefined when its positions are no image. */
function positionsOf(
  { dims, data }: Tensor<'float32'>,
  info: TensorInfo,
  model: ModelInfo,
  fold: Attribution['channels'],
): { map: Float32Array; size: readonly [number, number] } | undefined {
  const { channels: order, prefix, grid, order: places } = layoutOf(info, model);
  const size = grid ?? (info.dims.length === 3 ? (order === 'first' ? dims.slice(2) : dims.slice(1, 3)) : undefined);
  if (!size) return undefined;
  const [height = 1, width = 1] = size;
  const map = new Float32Array(height * width);
  const channels = order === 'first' ? data.length / map.length : (dims.at(-1) as number);
  const squared = isSquared(fold, channels);
  for (let p = 0; p < map.length; p++) {
    const place = places?.[p] ?? p;
    for (let c = 0; c < channels; c++) {
      const at = order === 'first' ? c * map.length + p : (prefix + p) * channels + c;
      const value = data[at] as number;
      map[place] = (map[place] as number) + (squared ? value * value : value);
    }
  }
  if (squared) roots(map);
  return { map, size: [height, width] };
}

/** [1, C, H, W] or [1, H, W, C] to [H, W]. */
function foldChannels(
  { dims, data }: Tensor<'float32'>,
  { channelAxis }: TensorInfo,
  fold: Attribution['channels'],
): Tensor<'float32'> {
  const [a = 1, b = 1, c = 1] = dims.slice(1);
  const [size, channels, map] =
    channelAxis === 0 ? [[b, c], a, new Float32Array(b * c)] : [[a, b], c, new Float32Array(a * b)];
  const [nextChannel, nextPosition] = channelAxis === 0 ? [map.length, 1] : [1, channels];
  const squared = isSquared(fold, channels);
  for (let channel = 0; channel < channels; channel++) {
    for (let p = 0; p < map.length; p++) {
      const value = data[channel * nextChannel + p * nextPosition] as number;
      map[p] = (map[p] as number) + (squared ? value * value : value);
    }
  }
  if (squared) roots(map);
  return float32(size, map);
}

const isSquared = (fold: Attribution['channels'], channels: number): boolean => fold === 'l2' && channels > 1;

function roots(map: Float32Array): void {
  for (let p = 0; p < map.length; p++) map[p] = Math.sqrt(map[p] as number);
}
