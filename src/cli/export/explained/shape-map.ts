/** From an attribution to a saliency map, as nodes: one channel, at the size of the image, between 0 and 1. */
import { WhylightError } from '../../../core/errors.ts';
import type { TensorInfo } from '../../../core/model/info.ts';
import type { GraphBuilder, Value } from '../../../core/onnx/builder.ts';

/** Smallest range of a map that is stretched to 0..1. */
const MIN_RANGE = 1e-12;

/** Adds up the channels of an attribution at the image, [N, H, W]. */
export const folded = (g: GraphBuilder, attribution: Value, image: TensorInfo): Value =>
  g.op('ReduceSum', [attribution, g.ints([(image.channelAxis ?? 0) + 1])], { keepdims: 0 });

/**
 * Enlarges a map [N, h, w] to the image's [N, H, W], bilinear, as the maps of answers are.
 * @throws WhylightError `unprocessable_method` for an image of open size
 */
export function enlarged(g: GraphBuilder, map: Value, { name, dims, channelAxis }: TensorInfo): Value {
  const size = dims.filter((_, axis) => axis !== channelAxis).map(Number);
  if (!size.every(Number.isInteger)) {
    throw new WhylightError(
      'unprocessable_method',
      `The map cannot be enlarged inside the model: the size of the image "${name}" is open. Fix it, or take a method whose map has the size of the image: saliency.`,
      { input: name },
    );
  }
  const rows = g.op('Gather', [g.op('Shape', [map]), g.ints([0])]);
  const sizes = g.op('Concat', [rows, g.ints([1, ...size])], { axis: 0 });
  const planes = g.op('Unsqueeze', [map, g.ints([1])]);
  const resized = g.op('Resize', [planes, undefined, undefined, sizes], {
    mode: 'linear',
    coordinate_transformation_mode: 'half_pixel',
  });
  return g.op('Squeeze', [resized, g.ints([1])]);
}

/** Stretches each row of a map [N, h, w] to 0..1; a row that is the same everywhere is 0. */
export function stretched(g: GraphBuilder, map: Value): Value {
  const axes = g.ints([1, 2]);
  const low = g.op('ReduceMin', [map, axes], { keepdims: 1 });
  const high = g.op('ReduceMax', [map, axes], { keepdims: 1 });
  const range = g.op('Max', [g.op('Sub', [high, low]), g.scalar(MIN_RANGE, map.dtype)]);
  return g.op('Div', [g.op('Sub', [map, low]), range]);
}
