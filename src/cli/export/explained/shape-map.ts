/** From an attribution to a saliency map, as nodes: one channel, at the size of the image, between 0 and 1. */
import type { TensorInfo } from '../../../core/model/info.ts';
import type { GraphBuilder, Value } from '../../../core/onnx/builder.ts';
import type { Subject } from './subject.ts';

/** Smallest range of a map that is stretched to 0..1. */
const MIN_RANGE = 1e-12;

/** Adds up the channels of an attribution, [N, H, W] of an image; of embeddings, their components. */
export function folded(g: GraphBuilder, attribution: Value, { source, model }: Subject): Value {
  const isInput = model.graph.inputs.some(({ name }) => name === source.name);
  const axis = isInput ? source.channelAxis : source.dims.length - 1;
  return axis === undefined ? attribution : g.op('ReduceSum', [attribution, g.ints([axis + 1])], { keepdims: 0 });
}

/** Enlarges a map [N, h, w] to the image's [N, H, W], bilinear, as the maps of answers are. */
export function enlarged(g: GraphBuilder, map: Value, image: TensorInfo): Value {
  const rows = g.op('Gather', [g.op('Shape', [map]), g.ints([0])]);
  const sizes = g.op('Concat', [rows, g.ints([1]), imageSize(g, image)], { axis: 0 });
  const planes = g.op('Unsqueeze', [map, g.ints([1])]);
  const resized = g.op('Resize', [planes, undefined, undefined, sizes], {
    mode: 'linear',
    coordinate_transformation_mode: 'half_pixel',
  });
  return g.op('Squeeze', [resized, g.ints([1])]);
}

/** Height and width of the image, int64 [2]: constants, or read off the image where its size is open. */
function imageSize(g: GraphBuilder, { name, dims, channelAxis }: TensorInfo): Value {
  const axes = dims.flatMap((_, axis) => (axis === channelAxis ? [] : [axis]));
  const size = axes.map((axis) => Number(dims[axis]));
  if (size.every(Number.isInteger)) return g.ints(size);
  return g.op('Gather', [g.op('Shape', [g.value(name)]), g.ints(axes.map((axis) => axis + 1))]);
}

/** Stretches each row of a map [N, ...] to 0..1; a row that is the same everywhere is 0. */
export function stretched(g: GraphBuilder, map: Value): Value {
  const axes = g.ints(Array.from({ length: (map.dims?.length ?? 3) - 1 }, (_, axis) => axis + 1));
  const low = g.op('ReduceMin', [map, axes], { keepdims: 1 });
  const high = g.op('ReduceMax', [map, axes], { keepdims: 1 });
  const range = g.op('Max', [g.op('Sub', [high, low]), g.scalar(MIN_RANGE, map.dtype)]);
  return g.op('Div', [g.op('Sub', [map, low]), range]);
}
