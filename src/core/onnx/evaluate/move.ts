/** Operators that move elements about and compute nothing. */
import { intAttribute, stringAttribute } from '../attributes.ts';
import { isStatic } from '../dims.ts';
import type { Node } from '../graph.ts';
import { axisAttribute, sliceRanges, splitSizes } from '../infer/ranges.ts';
import { permutation } from '../infer/reshape.ts';
import {
  around,
  asInputs,
  broadcastStrides,
  type Content,
  type Evaluator,
  type Evaluators,
  each,
  room,
  rowMajor,
  take,
  view,
} from './content.ts';

/** The same elements in the same order. */
const pass: Evaluator = (_, [x]) => x && [{ data: x.data }];

/** A strided view on the first input. */
const viewing =
  (
    read: (node: Node, x: Content, dims: readonly number[]) => { dims: readonly number[]; strides: readonly number[] },
  ): Evaluator =>
  (node, [x], [output]) => {
    if (!x || !isStatic(output?.dims)) return undefined;
    const { dims, strides } = read(node, x, output.dims);
    return [{ data: take(x.data, view(dims, strides)) }];
  };

const transpose = viewing((node, x, dims) => {
  const strides = rowMajor(x.dims);
  return { dims, strides: (permutation(node, dims.length) ?? []).map((p) => strides.at(p) as number) };
});

const expand = viewing((_, x, dims) => ({ dims, strides: broadcastStrides(x.dims, dims) }));

const tile = viewing((_, x, dims) => {
  const strides = rowMajor(x.dims);
  return {
    dims: x.dims.flatMap((d, i) => [d === 0 ? 0 : (dims[i] as number) / d, d]),
    strides: x.dims.flatMap((_, i) => [0, strides[i] as number]),
  };
});

/** [n, c, h, w] seen as [n, (c), (h), (w)] with blocks apart, its axes in another order. */
const reordered = (split: (dims: readonly number[], block: number, mode: string) => [number[], number[]]): Evaluator =>
  viewing((node, x) => {
    const [dims, order] = split(x.dims, intAttribute(node, 'blocksize', 1), stringAttribute(node, 'mode', 'DCR'));
    const strides = rowMajor(dims);
    return { dims: order.map((i) => dims[i] as number), strides: order.map((i) => strides[i] as number) };
  });

const depthToSpace = reordered((dims, b, mode) => {
  const [n, c, h, w] = dims as [number, number, number, number];
  const depth = c / (b * b);
  return mode === 'CRD'
    ? [
        [n, depth, b, b, h, w],
        [0, 1, 4, 2, 5, 3],
      ]
    : [
        [n, b, b, depth, h, w],
        [0, 3, 4, 1, 5, 2],
      ];
});

const spaceToDepth = reordered((dims, b) => {
  const [n, c, h, w] = dims as [number, number, number, number];
  return [
    [n, c, h / b, b, w / b, b],
    [0, 3, 5, 1, 2, 4],
  ];
});

const slice: Evaluator = (node, inputs, [output]) => {
  const [x, ...controls] = inputs;
  if (!x || !isStatic(output?.dims)) return undefined;
  const ranges = sliceRanges(node, x.dims, [undefined, ...asInputs(controls)]);
  const strides = rowMajor(x.dims);
  let offset = 0;
  for (const { axis, start, step } of ranges ?? []) {
    if (typeof start !== 'number') return undefined;
    offset += start * (strides[axis] as number);
    strides[axis] = (strides[axis] as number) * step;
  }
  return ranges && [{ data: take(x.data, view(output.dims, strides, offset)) }];
};

const split: Evaluator = (node, inputs) => {
  const [x, sizes] = inputs;
  if (!x) return undefined;
  const axis = axisAttribute(node, x.dims.length, 0);
  const parts = splitSizes(node, x.dims[axis] as number, [undefined, ...asInputs([sizes])]);
  if (!isStatic(parts)) return undefined;
  const strides = rowMajor(x.dims);
  let start = 0;
  return parts.map((size) => {
    const positions = view(x.dims.with(axis, size), strides, start * (strides[axis] as number));
    start += size;
    return { data: take(x.data, positions) };
  });
};

const concat: Evaluator = (node, inputs, [output]) => {
  const operands = inputs.filter((c) => c !== undefined);
  const dims = output?.dims;
  if (operands.length < inputs.length || !isStatic(dims)) return undefined;
  const axis = axisAttribute(node, dims.length, 0);
  const { outer, dim, inner } = around(dims, axis);
  const data = room(outer * dim * inner, ...operands.map((c) => c.data));
  let start = 0;
  for (const operand of operands) {
    const row = (operand.dims[axis] as number) * inner;
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < row; i++) data[o * dim * inner + start + i] = operand.data[o * row + i];
    }
    start += row;
  }
  return [{ data }];
};

export const moves: Evaluators = {
  ...each('Reshape Flatten Squeeze Unsqueeze Identity', pass),
  Transpose: transpose,
  Expand: expand,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Slice: slice,
  Split: split,
  Concat: concat,
};
