/** Positions of the maxima that a MaxPool took, found by comparisons of shifted copies of its input. */
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import type { Window } from '../../onnx/window.ts';

/** Windows of more positions take more comparisons than they save. */
const MAX_TAPS = 9;

/** Whole numbers up to here are floats of their own. */
const MAX_POSITION = 2 ** 24;

const INT32 = 6;

/**
 * For each window the position of its first maximum, counted row by row in its plane, as int32 in the shape of y.
 * onnxruntime 1.30 finds the indices output of a MaxPool position by position, in several times the time of the pooling
 * without it; comparisons run over whole tensors, and the pooling stays in its fast form.
 * @param dy cotangent of y: one with more rows than a y of one row gets the positions for each of them
 * @returns undefined for windows that are dilated, large or not over two axes of known extent
 */
export function positionsOfMaxima(g: GraphBuilder, x: Value, y: Value, dy: Value, window: Window): Value | undefined {
  const [from, to] = [x.dims?.slice(2), y.dims?.slice(2)];
  const { kernel, strides, dilations, padsBegin } = window;
  if (!isStatic(from) || !isStatic(to) || kernel.length !== 2 || x.dtype !== 'float32') return undefined;
  const [rows, columns] = kernel as [number, number];
  const [height, width] = from as [number, number];
  if (rows * columns > MAX_TAPS || dilations.some((d) => d !== 1) || height * width > MAX_POSITION) return undefined;
  const taps = Array.from({ length: rows * columns }, (_, k): [number, number] => [
    Math.floor(k / columns),
    k % columns,
  ]);
  const offsetOf = ([row, column]: readonly [number, number]): Value => g.number(row * width + column, x);
  const { whole, reach } = padded(g, x, window, to);
  // Later ones first, so that the first maximum is what remains.
  let offset = offsetOf(taps.at(-1) as [number, number]);
  for (const tap of taps.slice(0, -1).reverse())
    offset = g.where(g.op('Equal', [shifted(g, whole, tap, { strides, to, reach }), y]), offsetOf(tap), offset);
  const starts = Array.from({ length: (to[0] as number) * (to[1] as number) }, (_, at) => {
    const [row, column] = [Math.floor(at / (to[1] as number)), at % (to[1] as number)];
    const [top, left] = [row * (strides[0] as number), column * (strides[1] as number)];
    return (top - (padsBegin[0] as number)) * width + left - (padsBegin[1] as number);
  });
  // Rows are repeated in the small tensor of the starts: the sum is taken over all positions in any case.
  const start = g.op('Expand', [
    g.constant('float32', to, starts),
    g.op('Concat', [rowsOf(g, dy), g.ints([1, ...to])], { axis: 0 }),
  ]);
  const position = g.add(offset, start);
  // A window of NaN alone has no maximum: it keeps a position of the plane.
  const inside = whole === x ? position : g.op('Clip', [position, g.number(0, x), g.number(height * width - 1, x)]);
  return g.op('Cast', [inside], { to: INT32 });
}

/** The number of rows of a value at run time, as a vector of one element. */
export const rowsOf = (g: GraphBuilder, value: Value): Value => g.op('Shape', [value], { start: 0, end: 1 });

/** x as far as the windows reach, NaN around it, which equals nothing. */
function padded(g: GraphBuilder, x: Value, { kernel, strides, padsBegin }: Window, to: readonly number[]) {
  const from = (x.dims ?? []).slice(2).map(Number);
  const reach = to.map((count, i) => (count - 1) * (strides[i] as number) + (kernel[i] as number));
  const end = reach.map((extent, i) => Math.max(0, extent - (padsBegin[i] as number) - (from[i] as number)));
  const isInside = [...padsBegin, ...end].every((pad) => pad === 0);
  if (isInside) return { whole: x, reach };
  const pads = g.ints([0, 0, ...padsBegin, 0, 0, ...end]);
  return { whole: g.op('Pad', [x, pads, g.number(Number.NaN, x)]), reach };
}

interface Steps {
  readonly strides: readonly number[];
  /** Extents of the result. */
  readonly to: readonly number[];
  /** Extents that the windows reach over. */
  readonly reach: readonly number[];
}

/**
 * The element at this place of every window. Taps a stride apart share the slow copy with steps, of which they are
 * connected parts.
 */
function shifted(g: GraphBuilder, whole: Value, tap: readonly [number, number], { strides, to, reach }: Steps): Value {
  const axes = g.ints([2, 3]);
  const first = tap.map((at, i) => at % (strides[i] as number));
  const stepped = strides.every((stride) => stride === 1)
    ? whole
    : g.op('Slice', [whole, g.ints(first), g.ints(reach), axes, g.ints(strides)]);
  const begin = tap.map((at, i) => Math.floor(at / (strides[i] as number)));
  const extents = stepped.dims?.slice(2);
  if (begin.every((at) => at === 0) && to.every((extent, i) => extents?.[i] === extent)) return stepped;
  return g.op('Slice', [stepped, g.ints(begin), g.ints(begin.map((at, i) => at + (to[i] as number))), axes]);
}
