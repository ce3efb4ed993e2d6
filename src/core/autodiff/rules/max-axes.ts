/**
 * Gradient of a maximum over windows, axis by axis, in operations that native kernels run in blocks of channels:
 * convolutions of single channels, sums, products and steps.
 */
import { float } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import type { Window } from '../../onnx/window.ts';

/** Longer windows take more comparisons than they save. */
const MAX_SIZE = 5;

/** Below every element, and finite: a product with zero is zero. */
const LOWEST = -3.4028234663852886e38;

/**
 * Carries any distance of 2^-125 or more past 1. Two elements of a window less than that apart, both smaller than 2^-101,
 * share the cotangent.
 */
const STEEP = 2 ** 125;

/** Windows along one axis. */
interface Line {
  /** 0 for rows, 1 for columns. */
  readonly axis: 0 | 1;
  readonly size: number;
  readonly stride: number;
  /** Padding in front. */
  readonly begin: number;
  /** Extent of the input. */
  readonly extent: number;
  /** Number of windows. */
  readonly count: number;
}

/**
 * dx of y = MaxPool(x): the cotangent of each window at its first maximum, row by row. That is the first row whose maximum
 * is the window's, and in it the first element that is the row's.
 * @returns undefined for windows that are dilated, long or not over two axes of known extent
 */
export function spreadByAxes(g: GraphBuilder, x: Value, y: Value, dy: Value, window: Window): Value | undefined {
  const [from, to] = [x.dims?.slice(2), y.dims?.slice(2)];
  const { kernel, strides, dilations, padsBegin } = window;
  if (!isStatic(from) || !isStatic(to) || kernel.length !== 2 || x.dtype !== 'float32') return undefined;
  if (kernel.some((size) => size > MAX_SIZE) || dilations.some((d) => d !== 1)) return undefined;
  if (typeof x.dims?.[1] !== 'number') return undefined;
  const [rows, columns] = ([0, 1] as const).map((axis) => ({
    axis,
    size: kernel[axis] as number,
    stride: strides[axis] as number,
    begin: padsBegin[axis] as number,
    extent: from[axis] as number,
    count: to[axis] as number,
  })) as [Line, Line];
  const padded = paddedAlong(g, x, columns);
  const along = { kernel_shape: [1, columns.size], strides: [1, columns.stride] };
  const maxima = g.op('MaxPool', [padded], along);
  return spread(g, padded, maxima, spread(g, paddedAlong(g, maxima, rows), y, dy, rows), columns);
}

/** x with the lowest number around it, as far as the windows reach. */
function paddedAlong(g: GraphBuilder, x: Value, { axis, size, stride, begin, extent, count }: Line): Value {
  const end = Math.max(0, (count - 1) * stride + size - begin - extent);
  if (begin === 0 && end === 0) return x;
  const at = (pad: number): number[] => (axis === 0 ? [0, 0, pad, 0] : [0, 0, 0, pad]);
  return g.op('Pad', [x, g.ints([...at(begin), ...at(end)]), g.number(LOWEST, x)]);
}

/**
 * The cotangent of each maximum at its first position in x, along one axis. Element by element of the windows, what is
 * left of the cotangent stays where the element is below the maximum; the differences of what is left, which a transposed
 * convolution takes while it puts them in their places, are exact: one of the two is zero, or both are the same.
 */
function spread(g: GraphBuilder, x: Value, maxima: Value, dy: Value, line: Line): Value {
  const { axis, size, stride, begin, extent, count } = line;
  const channels = Number(x.dims?.[1]);
  const across = (value: number): number[] => (axis === 0 ? [value, 1] : [1, value]);
  const shape = { kernel_shape: across(size), strides: across(stride), group: channels };
  const left = [dy];
  for (let at = 0; at < size - 1; at++) {
    const element = kernelsOf(g, channels, [channels, 1, ...across(size)], (k) => (k === at ? -1 : 0));
    const below = g.add(g.op('Conv', [x, element], shape), maxima);
    const isBelow = g.op('HardSigmoid', [below], { alpha: float(STEEP), beta: float(0) });
    left.push(g.mul(left.at(-1) as Value, isBelow));
  }
  const places = kernelsOf(g, channels, [channels * size, 1, ...across(size)], (k) => {
    const [step, at] = [Math.floor(k / size), k % size];
    return Number(at === step) - Number(at === step - 1);
  });
  const end = extent - ((count - 1) * stride + size - begin);
  const pads = (pad: number): number[] => (axis === 0 ? [pad, 0] : [0, pad]);
  return g.op('ConvTranspose', [interleaved(g, left), places], {
    ...shape,
    pads: [...pads(begin), ...pads(Math.max(0, -end))],
    output_padding: pads(Math.max(0, end)),
  });
}

/** The same kernels for every channel, by the elements of one channel. */
function kernelsOf(g: GraphBuilder, channels: number, dims: readonly number[], element: (k: number) => number): Value {
  const each = dims.reduce((a, b) => a * b, 1) / channels;
  return g.constant(
    'float32',
    dims,
    Float32Array.from({ length: channels * each }, (_, k) => element(k % each)),
  );
}

/** Tensors [N, C, ...space] as one [N, C * count, ...space], those of a channel next to each other. */
function interleaved(g: GraphBuilder, parts: readonly Value[]): Value {
  const [first] = parts as [Value];
  if (parts.length === 1) return first;
  const [batch = 'N', channels, ...space] = first.dims ?? [];
  const stacked = g.op(
    'Concat',
    parts.map((part) => g.op('Unsqueeze', [part, g.ints([2])])),
    { axis: 2 },
  );
  return g.reshape(stacked, [batch, Number(channels) * parts.length, ...space]);
}
