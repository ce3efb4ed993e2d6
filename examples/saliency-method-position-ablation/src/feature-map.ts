import { emptyRows, knownDims, sizeOf, type Tensor, type TensorInfo, WhylightError } from 'whylight/plugin';

/** Shape of a feature map: the dims of one channel, and their product. */
export interface FeatureMap {
  readonly space: readonly number[];
  readonly positions: number;
}

/**
 * Returns the shape of a layer with channels in front, [channels, height, width] or [channels, steps].
 * @throws WhylightError `unprocessable_method` for a layer of another form, or whose shape is not known before the run
 */
export function featureMapOf(layer: TensorInfo): FeatureMap {
  const [, ...space] = knownDims(layer);
  if (layer.channelAxis === 0) return { space, positions: sizeOf(space) };
  throw new WhylightError(
    'unprocessable_method',
    `The layer "${layer.name}" [${layer.dims.join(', ')}] is no feature map: name another in target_layer.`,
    { parameter: 'target_layer' },
  );
}

/**
 * Copies the layer `count` times, [count, channels, ...space], each copy with zero in all channels of one position.
 * @param values one row of the layer, [1, channels, ...space]
 * @param first position that the first copy is without
 */
export function withoutPositions(
  { dims: [, channels = 1, ...space], data }: Tensor<'float32'>,
  first: number,
  count: number,
): Tensor<'float32'> {
  const rows = emptyRows('float32', count, [channels, ...space]);
  const positions = sizeOf(space);
  for (let row = 0; row < count; row++) {
    const start = row * data.length;
    rows.data.set(data, start);
    for (let channel = 0; channel < channels; channel++) rows.data[start + channel * positions + first + row] = 0;
  }
  return rows;
}
