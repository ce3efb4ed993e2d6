/**
 * Gradient of a maximum over windows, axis by axis, in operations that native kernels run in blocks of channels: maxima,
 * convolutions of single channels, sums, products and steps.
 */
import { float } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import type { Window } from '../../onnx/window.ts';

/** Rows and columns. */
type Pair = readonly [number, number];

/** Longer windows take more comparisons than they save. */
const MAX_SIZE = 5;

/** Below every element, and finite: the difference of two of them is zero. */
const LOWEST = -3.4028234663852886e38;

/**
 * Carries any distance of 2^-125 or more past 1. Two elements of a window less than that apart, both smaller than 2^-101,
 * share the cotangent.
 */
const STEEP = 2 ** 125;

/** Windows along one axis of a padded tensor: all that start in it, those that reach beyond its end included. */
interface Line {
  /** 0 for rows, 1 for columns. */
  readonly axis: 0 | 1;
  readonly size: number;
  readonly stride: number;
  readonly extent: number;
  readonly count: number;
}

/**
 * dx of y = MaxPool(x): the cotangent of each window at its first maximum, row by row. That is the first row whose maximum
 * is the window's, and in it the first element that is the row's.
 * @returns undefined for windows that are dilated, long or not over two axes of known extent
 */
export function spreadByAxes(g: GraphBuilder, x: Value, y: Value, dy: Value, window: Window): Value | undefined {
  const [from, to] = [x.dims?.slice(2), y.dims?.slice(2)];
  const { kernel, strides, dilations } = window;
  if (!isStatic(from) || !isStatic(to) || kernel.length !== 2 || x.dtype !== 'float32') return undefined;
  if (kernel.some((size) => size > MAX_SIZE) || dilations.some((d) => d !== 1)) return undefined;
  if (typeof x.dims?.[1] !== 'number') return undefined;
  const begin = window.padsBegin as unknown as Pair;
  const line = (axis: 0 | 1): Line => {
    const [size, stride] = [kernel[axis] as number, strides[axis] as number];
    const extent = Math.max(begin[axis] + (from[axis] as number), ((to[axis] as number) - 1) * stride + size);
    return { axis, size, stride, extent, count: Math.ceil(extent / stride) };
  };
  const [rows, columns] = [line(0), line(1)];
  const padded = paddedTo(g, x, begin, [rows.extent, columns.extent]);
  const maxima = firstMaxima(g, padded, columns, columns.size);
  // Windows that y does not have get the cotangent zero.
  const whole = cut(g, dy, [0, 0], [rows.count, columns.count]);
  const inRows = cut(g, spread(g, maxima, whole, rows), [0, 0], [rows.extent, columns.count]);
  return cut(g, spread(g, padded, inRows, columns), begin, from as unknown as Pair);
}

const pair = (value: (axis: 0 | 1) => number): Pair => [value(0), value(1)];

/** Extents along one axis and across it. */
const along = (axis: 0 | 1, value: number, other = 1): Pair => (axis === 0 ? [value, other] : [other, value]);

/** x with the lowest number around it. */
function paddedTo(g: GraphBuilder, x: Value, begin: Pair, extents: Pair): Value {
  const end = pair((axis) => extents[axis] - begin[axis] - Number(x.dims?.[axis + 2]));
  if ([...begin, ...end].every((pad) => pad === 0)) return x;
  return g.op('Pad', [x, g.ints([0, 0, ...begin, 0, 0, ...end]), g.number(LOWEST, x)]);
}

/** The maximum of the first elements of each window along a line. */
function firstMaxima(g: GraphBuilder, x: Value, { axis, stride, extent, count }: Line, elements: number): Value {
  const end = Math.max(0, (count - 1) * stride + elements - extent);
  const attributes = { kernel_shape: along(axis, elements), strides: along(axis, stride) };
  return g.op('MaxPool', [x], { ...attributes, pads: [0, 0, ...along(axis, end, 0)] });
}

/**
 * The cotangent of each maximum at its first position in x, along one axis. Element by element of the windows, what is
 * left of the cotangent stays where no element so far is the maximum; the difference of what is left before and after an
 * element is its share, and exact: one of the two is zero, or both are the same.
 */
function spread(g: GraphBuilder, x: Value, dy: Value, line: Line): Value {
  const { axis, size, stride } = line;
  const maxima = firstMaxima(g, x, line, size);
  const left = [dy];
  for (let at = 0; at < size - 1; at++) {
    const below = minus(g, maxima, firstMaxima(g, x, line, at + 1));
    left.push(g.mul(dy, g.op('HardSigmoid', [below], { alpha: float(STEEP), beta: float(0) })));
  }
  const shares = left.map((before, at) => (at < size - 1 ? minus(g, before, left[at + 1] as Value) : before));
  // Elements a stride apart lie next to each other in a phase, as elements of different windows.
  const phases = Array.from({ length: stride }, (_, phase) => {
    const parts = shares.flatMap((share, at) =>
      at % stride === phase ? [moved(g, share, along(axis, Math.floor(at / stride), 0))] : [],
    );
    return parts.length > 0 ? parts.reduce((sum, part) => g.add(part, sum)) : g.zerosLike(dy);
  });
  return interleaved(g, phases, axis);
}

/** a - b, which kernels in blocks have as a convolution and a sum alone. */
const minus = (g: GraphBuilder, a: Value, b: Value): Value => g.add(depthwise(g, b, [1, 1], -1), a);

/** x moved to later positions, with zeros in front and the last ones cut off. */
function moved(g: GraphBuilder, x: Value, by: Pair): Value {
  return by[0] + by[1] === 0 ? x : depthwise(g, x, [by[0] + 1, by[1] + 1], 1, [0, 0], [...by, 0, 0]);
}

/** x from a position on to given extents, with zeros behind it if it ends before. */
function cut(g: GraphBuilder, x: Value, begin: Pair, extents: Pair): Value {
  const excess = pair((axis) => Number(x.dims?.[axis + 2]) - begin[axis] - extents[axis]);
  const size = pair((axis) => 1 + begin[axis] + Math.max(0, excess[axis]));
  return depthwise(g, x, size, 1, begin, [0, 0, ...pair((axis) => Math.max(0, -excess[axis]))]);
}

/** A convolution of single channels by a kernel with one element that is not zero. */
function depthwise(
  g: GraphBuilder,
  x: Value,
  size: Pair,
  value: number,
  at: Pair = [0, 0],
  pads = [0, 0, 0, 0],
): Value {
  const channels = Number(x.dims?.[1]);
  const area = size[0] * size[1];
  const kernel = new Float32Array(channels * area);
  for (let k = at[0] * size[1] + at[1]; k < kernel.length; k += area) kernel[k] = value;
  const weights = g.constant('float32', [channels, 1, ...size], kernel);
  return g.op('Conv', [x, weights], { kernel_shape: size, group: channels, pads });
}

/** Tensors [N, C, rows, columns] in turns along an axis: whole rows are copied, or columns with the channels last. */
function interleaved(g: GraphBuilder, parts: readonly Value[], axis: 0 | 1): Value {
  const [first] = parts as [Value];
  if (parts.length === 1) return first;
  const [batch = 'N', channels = 1, rows = 1, columns = 1] = first.dims ?? [];
  if (axis === 0) {
    const each = parts.map((part) => g.op('Unsqueeze', [part, g.ints([3])]));
    return g.reshape(g.op('Concat', each, { axis: 3 }), [batch, channels, Number(rows) * parts.length, columns]);
  }
  const stacked = g.transpose(g.op('Concat', parts, { axis: 1 }), [0, 2, 3, 1]);
  return g.transpose(g.reshape(stacked, [batch, rows, Number(columns) * parts.length, channels]), [0, 3, 1, 2]);
}
