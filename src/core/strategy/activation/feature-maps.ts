/** The values of a layer as feature maps: channel by channel, in whatever order the layer keeps them. */

import type { Layout } from '../../method/layout.ts';
import type { Float32Tensors } from '../../tensor/rows.ts';
import { float32, sizeOf, type Tensor } from '../../tensor/tensor.ts';

/** Values of a layer for one row, channel by channel, with the gradients of the target's score. */
export interface FeatureMaps {
  readonly channels: number;
  /** Positions of one channel; 1 for a layer without space. */
  readonly positions: number;
  /** Dims of one channel: their product is `positions`. */
  readonly space: readonly number[];
  /** Element `c * positions + p`. */
  readonly activations: Float32Array;
  /** Gradients of the target's score, in the same order; empty for a method that asks for none. */
  readonly gradients: Float32Array;
}

/** The feature maps of row `row`. Tokens that stand for no place are left out. */
export function featureMaps(
  layout: Layout,
  activations: Tensor<'float32'>,
  gradients?: Tensor<'float32'>,
  row = 0,
): FeatureMaps {
  const { channels, space, read } = reader(layout, activations.dims.slice(1));
  return {
    channels,
    positions: sizeOf(space),
    space,
    activations: read(activations.data, row),
    gradients: gradients ? read(gradients.data, row) : new Float32Array(),
  };
}

/**
 * A map over the places of a layer as an attribution at the layer's size, zero at tokens that stand for no place.
 * @param dims shape of one row of the layer
 * @param map one channel or more, one after the other
 */
export function positionMap(layout: Layout, name: string, dims: readonly number[], map: Float64Array): Float32Tensors {
  const around = layout.channels === 'first' ? dims.slice(1) : dims.slice(0, -1);
  const size = sizeOf(around);
  if (layout.channels === 'first') return { [name]: float32([1, map.length / size, ...around], map) };
  const places = size - layout.prefix;
  const channels = map.length / places;
  const placed = new Float32Array(size * channels);
  for (let p = 0; p < places; p++) {
    const place = layout.order?.[p] ?? p;
    for (let c = 0; c < channels; c++) placed[(layout.prefix + p) * channels + c] = map[c * places + place] as number;
  }
  return { [name]: float32([1, ...around, channels], placed) };
}

function reader({ channels: order, prefix, grid, order: placeOf }: Layout, dims: readonly number[]) {
  const size = sizeOf(dims);
  const rowOf = (data: Float32Array, row: number): Float32Array => data.subarray(row * size, (row + 1) * size);
  if (order === 'first') return { channels: dims[0] ?? 1, space: grid ?? dims.slice(1), read: rowOf };
  const channels = dims.at(-1) ?? 1;
  const places = size / channels - prefix;
  const read = (data: Float32Array, row: number): Float32Array => {
    const values = rowOf(data, row);
    const turned = new Float32Array(channels * places);
    for (let p = 0; p < places; p++)
      for (let c = 0; c < channels; c++)
        turned[c * places + (placeOf?.[p] ?? p)] = values[(prefix + p) * channels + c] as number;
    return turned;
  };
  return { channels, space: grid ?? dims.slice(0, -1), read };
}
