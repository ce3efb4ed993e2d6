/** Operators that go along axes: reductions, running sums, products of matrices. */
import { intAttribute } from '../attributes.ts';
import { add, isStatic, maximum, minimum, multiply } from '../dims.ts';
import type { Dim } from '../graph.ts';
import { axisAttribute } from '../infer/ranges.ts';
import {
  around,
  broadcastStrides,
  type Element,
  type Elements,
  type Evaluator,
  type Evaluators,
  numeric,
  rowMajor,
  view,
} from './content.ts';
import { STORE } from './number.ts';

interface Fold {
  readonly start: number;
  readonly numbers: (sum: number, x: number) => number;
  readonly extents?: (sum: Dim, x: Dim) => Element;
  /** Last step on the result, given the number of elements that went into it. */
  readonly finish?: (sum: number, count: number) => number;
}

function reduction({ start, numbers, extents, finish = (sum) => sum }: Fold): Evaluator {
  return (node, [x, axesInput], [output]) => {
    const axes = axesInput ? numeric(axesInput) : [];
    if (!x || !axes || !output || !isStatic(output.dims)) return undefined;
    if (axes.length === 0 && intAttribute(node, 'noop_with_empty_axes', 0) === 1) return [{ data: x.data }];
    const rank = x.dims.length;
    const reduced = Array.from(axes, (axis) => (axis < 0 ? axis + rank : axis));
    const all = reduced.length === 0;
    const gone = (axis: number): boolean => all || reduced.includes(axis);
    const strides = rowMajor(x.dims);
    const kept = x.dims.map((_, i) => i).filter((i) => !gone(i));
    const order = [...kept, ...x.dims.map((_, i) => i).filter(gone)];
    // Elements that are reduced together lie together where the last axes are the reduced ones.
    const inOrder = order.every((axis, i) => axis === i);
    const places = inOrder
      ? undefined
      : view(
          order.map((i) => x.dims[i] as number),
          order.map((i) => strides[i] as number),
        );
    const rows = kept.reduce((n, i) => n * (x.dims[i] as number), 1);
    const count = rows === 0 ? 0 : x.data.length / rows;
    const [values, store] = [numeric(x), STORE[output.dtype]];
    const row = (r: number): Element => {
      if (values) {
        let sum = start;
        for (let i = r * count; i < (r + 1) * count; i++)
          sum = numbers(sum, values[places ? (places[i] as number) : i] as number);
        return store(finish(sum, count));
      }
      return extents && foldExtents(x.data, placesOf(places, r * count, (r + 1) * count), extents);
    };
    return [
      {
        data: values
          ? Float64Array.from({ length: rows }, (_, r) => row(r) as number)
          : Array.from({ length: rows }, (_, r) => row(r)),
      },
    ];
  };
}

const placesOf = (places: Int32Array | undefined, from: number, to: number): Int32Array =>
  places?.subarray(from, to) ?? Int32Array.from({ length: to - from }, (_, i) => from + i);

function foldExtents(data: Elements, places: Int32Array, meet: (a: Dim, b: Dim) => Element): Element {
  let sum = data[places[0] as number];
  for (const place of places.subarray(1)) {
    const next = data[place];
    sum = sum === undefined || next === undefined ? undefined : meet(sum, next);
  }
  return sum;
}

const arg =
  (better: (x: number, best: number) => boolean): Evaluator =>
  (node, [x]) => {
    const values = numeric(x);
    if (!x || !values) return undefined;
    const { outer, dim, inner } = around(x.dims, axisAttribute(node, x.dims.length, 0));
    const last = intAttribute(node, 'select_last_index', 0) === 1;
    const data = Array.from({ length: outer * inner }, (_, i) => {
      const start = Math.floor(i / inner) * dim * inner + (i % inner);
      let best = 0;
      for (let e = 1; e < dim; e++) {
        const [next, most] = [values[start + e * inner] as number, values[start + best * inner] as number];
        if (better(next, most) || (last && next === most)) best = e;
      }
      return best;
    });
    return [{ data }];
  };

const cumSum: Evaluator = (node, [x, axisInput], [output]) => {
  const [values, at] = [numeric(x), numeric(axisInput)?.[0]];
  if (!x || !values || at === undefined || !output) return undefined;
  const { outer, dim, inner } = around(x.dims, at < 0 ? at + x.dims.length : at);
  const [exclusive, reverse] = [intAttribute(node, 'exclusive', 0) === 1, intAttribute(node, 'reverse', 0) === 1];
  const [data, store] = [new Float64Array(values.length), STORE[output.dtype]];
  for (let row = 0; row < outer * inner; row++) {
    const start = Math.floor(row / inner) * dim * inner + (row % inner);
    let sum = 0;
    for (let step = 0; step < dim; step++) {
      const place = start + (reverse ? dim - 1 - step : step) * inner;
      const next = store(sum + (values[place] as number));
      data[place] = exclusive ? sum : next;
      sum = next;
    }
  }
  return [{ data }];
};

/** More multiplications are left to the engine. */
const MAX_PRODUCTS = 2 ** 25;

const matMul: Evaluator = (_, [a, b], [output]) => {
  const [x, y] = [numeric(a), numeric(b)];
  if (!a || !b || !x || !y || !output || !isStatic(output.dims)) return undefined;
  const left = a.dims.length === 1 ? [1, ...a.dims] : a.dims;
  const right = b.dims.length === 1 ? [...b.dims, 1] : b.dims;
  const [rows, inner, columns] = [left.at(-2), right.at(-2), right.at(-1)] as [number, number, number];
  const batch = output.dims.slice(0, output.dims.length - (a.dims.length > 1 ? 1 : 0) - (b.dims.length > 1 ? 1 : 0));
  const starts = (dims: readonly number[]): Int32Array => view(batch, broadcastStrides(dims.slice(0, -2), batch));
  const [startsX, startsY, store] = [starts(left), starts(right), STORE[output.dtype]];
  if (startsX.length * rows * inner * columns > MAX_PRODUCTS) return undefined;
  const data = new Float64Array(startsX.length * rows * columns);
  for (let i = 0; i < data.length; i++) {
    const [matrix, row, column] = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns];
    const fromX = (startsX[matrix] as number) * rows * inner + row * inner;
    const fromY = (startsY[matrix] as number) * inner * columns + column;
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += (x[fromX + k] as number) * (y[fromY + k * columns] as number);
    data[i] = store(sum);
  }
  return [{ data }];
};

const sum = (a: number, b: number): number => a + b;

export const reductions: Evaluators = {
  ReduceSum: reduction({ start: 0, numbers: sum, extents: add }),
  ReduceMean: reduction({ start: 0, numbers: sum, finish: (total, count) => total / count }),
  ReduceProd: reduction({ start: 1, numbers: (a, b) => a * b, extents: multiply }),
  ReduceMax: reduction({ start: -Infinity, numbers: Math.max, extents: maximum }),
  ReduceMin: reduction({ start: Infinity, numbers: Math.min, extents: minimum }),
  ReduceL1: reduction({ start: 0, numbers: (a, b) => a + Math.abs(b) }),
  ReduceL2: reduction({ start: 0, numbers: (a, b) => a + b * b, finish: Math.sqrt }),
  ReduceSumSquare: reduction({ start: 0, numbers: (a, b) => a + b * b }),
  ArgMax: arg((x, best) => x > best),
  ArgMin: arg((x, best) => x < best),
  CumSum: cumSum,
  MatMul: matMul,
};
