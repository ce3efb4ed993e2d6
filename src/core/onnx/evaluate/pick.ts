/** Operators that pick or position elements by index. */
import { intAttribute, stringAttribute } from '../attributes.ts';
import { add, isStatic, maximum, minimum, multiply } from '../dims.ts';
import type { Dim, Node } from '../graph.ts';
import { axisAttribute } from '../infer/ranges.ts';
import {
  around,
  broadcastStrides,
  type Element,
  type Evaluator,
  type Evaluators,
  numeric,
  room,
  rowMajor,
  take,
  view,
} from './content.ts';

/** An index counted from the front, or -1 for one that is outside. */
const wrapped = (index: number, dim: number): number => {
  const at = index < 0 ? index + dim : index;
  return at < dim && at >= 0 ? at : -1;
};

const gather: Evaluator = (node, [x, indices]) => {
  const chosen = numeric(indices);
  if (!x || !chosen) return undefined;
  const { outer, dim, inner } = around(x.dims, axisAttribute(node, x.dims.length, 0));
  const positions = new Int32Array(outer * chosen.length * inner);
  let filled = 0;
  for (let o = 0; o < outer; o++) {
    for (let c = 0; c < chosen.length; c++) {
      const at = wrapped(chosen[c] as number, dim);
      if (at < 0) return undefined;
      for (let i = 0; i < inner; i++) positions[filled++] = (o * dim + at) * inner + i;
    }
  }
  return [{ data: take(x.data, positions) }];
};

/** Flat position that each index points at when it replaces one coordinate of its own position; undefined when one is outside. */
function elementPlaces(node: Node, dims: readonly number[], indexDims: readonly number[], indices: ArrayLike<number>) {
  const axis = axisAttribute(node, dims.length, 0);
  const strides = rowMajor(dims);
  const stride = strides[axis] as number;
  const positions = view(indexDims, strides.with(axis, 0));
  for (let i = 0; i < positions.length; i++) {
    const at = wrapped(indices[i] as number, dims[axis] as number);
    if (at < 0) return undefined;
    positions[i] = (positions[i] as number) + at * stride;
  }
  return positions;
}

const gatherElements: Evaluator = (node, [x, indices]) => {
  const chosen = numeric(indices);
  const positions = x && indices && chosen && elementPlaces(node, x.dims, indices.dims, chosen);
  return positions && [{ data: take(x.data, positions) }];
};

/** Starts of the blocks that rows of coordinates point at, and their length. */
function blockPlaces(dims: readonly number[], indexDims: readonly number[], indices: ArrayLike<number>, batchDims = 0) {
  const depth = indexDims.at(-1) as number;
  const strides = rowMajor(dims);
  const batch = around([...dims, 1], batchDims);
  const length = around([...dims, 1], batchDims + depth - 1).inner;
  const rows = depth === 0 ? 1 : indices.length / depth;
  const starts = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    let start = Math.floor((row * batch.outer) / rows) * batch.dim * batch.inner;
    for (let i = 0; i < depth; i++) {
      const at = wrapped(indices[row * depth + i] as number, dims[batchDims + i] as number);
      if (at < 0) return undefined;
      start += at * (strides[batchDims + i] as number);
    }
    starts[row] = start;
  }
  return { starts, length };
}

const gatherND: Evaluator = (node, [x, indices]) => {
  const chosen = numeric(indices);
  const blocks =
    x && indices && chosen && blockPlaces(x.dims, indices.dims, chosen, intAttribute(node, 'batch_dims', 0));
  if (!blocks) return undefined;
  const { starts, length } = blocks;
  const positions = new Int32Array(starts.length * length);
  for (let i = 0; i < positions.length; i++) positions[i] = (starts[Math.floor(i / length)] as number) + (i % length);
  return [{ data: take(x.data, positions) }];
};

/** Combinations of a scattered element with the one that is there, by `reduction`. */
const REDUCTIONS: Readonly<Record<string, (old: Dim, update: Dim) => Element>> = {
  add,
  mul: multiply,
  max: maximum,
  min: minimum,
};

const scatterElements: Evaluator = (node, [x, indices, updates]) => {
  const chosen = numeric(indices);
  const positions = x && indices && chosen && elementPlaces(node, x.dims, indices.dims, chosen);
  return positions && updates && [{ data: scattered(node, x.data, updates.data, positions) }];
};

const scatterND: Evaluator = (node, [x, indices, updates]) => {
  const chosen = numeric(indices);
  const blocks = x && indices && chosen && blockPlaces(x.dims, indices.dims, chosen);
  if (!blocks || !updates) return undefined;
  const { starts, length } = blocks;
  const positions = Int32Array.from(
    { length: updates.data.length },
    (_, i) => (starts[Math.floor(i / length)] as number) + (i % length),
  );
  return [{ data: scattered(node, x.data, updates.data, positions) }];
};

function scattered(node: Node, old: ArrayLike<Element>, updates: ArrayLike<Element>, positions: Int32Array) {
  const meet = REDUCTIONS[stringAttribute(node, 'reduction', 'none')];
  const data = room(old.length, old, updates);
  for (let i = 0; i < old.length; i++) data[i] = old[i];
  for (let i = 0; i < positions.length; i++) {
    const at = positions[i] as number;
    const [was, update] = [data[at], updates[i]];
    data[at] = meet ? (was === undefined || update === undefined ? undefined : meet(was, update)) : update;
  }
  return data;
}

const where: Evaluator = (_, [condition, a, b], [output]) => {
  const dims = output?.dims;
  if (!condition || !a || !b || !isStatic(dims)) return undefined;
  const [c, x, y] = [condition, a, b].map((operand) => view(dims, broadcastStrides(operand.dims, dims))) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const data = room(c.length, a.data, b.data);
  for (let i = 0; i < c.length; i++) {
    const [chosen, yes, no] = [condition.data[c[i] as number], a.data[x[i] as number], b.data[y[i] as number]];
    data[i] = typeof chosen === 'number' ? (chosen ? yes : no) : yes === no ? yes : undefined;
  }
  return [{ data }];
};

const compress: Evaluator = (node, [x, condition]) => {
  const kept = numeric(condition);
  if (!x || !kept) return undefined;
  const { outer, dim, inner } = node.attributes.axis
    ? around(x.dims, axisAttribute(node, x.dims.length, 0))
    : { outer: 1, dim: x.data.length, inner: 1 };
  const positions: number[] = [];
  for (let o = 0; o < outer; o++) {
    for (let e = 0; e < Math.min(dim, kept.length); e++) {
      if (kept[e]) for (let i = 0; i < inner; i++) positions.push((o * dim + e) * inner + i);
    }
  }
  return [{ data: take(x.data, positions) }];
};

const nonZero: Evaluator = (_, [x]) => {
  const values = numeric(x);
  if (!x || !values) return undefined;
  const dims = x.dims.length === 0 ? [1] : x.dims;
  const found = Array.from({ length: values.length }, (_, i) => i).filter((i) => values[i] !== 0);
  const data = rowMajor(dims).flatMap((stride, axis) =>
    found.map((i) => Math.floor(i / stride) % (dims[axis] as number)),
  );
  return [{ data, dims: [dims.length, found.length] }];
};

const oneHot: Evaluator = (node, [indices, depth, values], [output]) => {
  const [chosen, count] = [numeric(indices), depth?.data[0]];
  if (!indices || !chosen || !values || typeof count !== 'number' || !output?.dims) return undefined;
  const axis = axisAttribute(node, output.dims.length, -1);
  const { outer, inner } = around([...indices.dims.slice(0, axis), 1, ...indices.dims.slice(axis)], axis);
  const data = room(outer * count * inner, values.data);
  for (let i = 0; i < data.length; i++) data[i] = values.data[0];
  for (let i = 0; i < chosen.length; i++) {
    const at = wrapped(chosen[i] as number, count);
    if (at >= 0) data[(Math.floor(i / inner) * count + at) * inner + (i % inner)] = values.data[1];
  }
  return [{ data }];
};

export const picks: Evaluators = {
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  Where: where,
  Compress: compress,
  NonZero: nonZero,
  OneHot: oneHot,
};
