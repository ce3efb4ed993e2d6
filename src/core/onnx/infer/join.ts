/** Operators that join, cut and repeat. */

import { intAttribute, intsAttribute, stringAttribute } from '../attributes.ts';
import { add, floorDivide, multiply } from '../dims.ts';
import type { Dim, Node } from '../graph.ts';
import { broadcast, expectSame, fail, moreKnown, normalAxis, show } from './checks.ts';
import { axisAttribute, padAmounts, sliceRanges, splitSizes } from './ranges.ts';
import { shapeInput } from './reshape.ts';
import { numbers, ofType, type Rule, type Rules, required, unknownDim, unknownDims } from './rule.ts';

const concat: Rule = (node, inputs) => {
  const operands = inputs.filter((input) => input !== undefined);
  const [first] = operands;
  if (!first) return fail(node, 'it has no inputs.');
  const shapes = operands.flatMap(({ dims }) => (dims ? [dims] : []));
  const rank = shapes[0]?.length;
  if (rank === undefined) return [ofType(first.dtype, undefined)];
  if (shapes.some((dims) => dims.length !== rank)) {
    fail(node, `its inputs ${shapes.map(show).join(', ')} differ in their number of dimensions.`);
  }
  const axis = axisAttribute(node, rank, 0);
  const dims = shapes.reduce((sum, next) =>
    sum.map((d, i) => {
      const dim = next[i] as Dim;
      if (i === axis) return add(d, dim);
      expectSame(node, d, dim, `the dims of axis ${i}`);
      return moreKnown(d, dim);
    }),
  );
  const complete = shapes.length === operands.length;
  return [
    ofType(
      first.dtype,
      dims.map((d, i) => (i === axis && !complete ? unknownDim(node, i) : d)),
    ),
  ];
};

const split: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  if (!dims) return node.outputs.map(() => ofType(dtype, undefined));
  const axis = axisAttribute(node, dims.length, 0);
  const sizes = splitSizes(node, dims[axis] as Dim, inputs);
  return node.outputs.map((_, i) => ofType(dtype, dims.with(axis, sizes?.[i] ?? unknownDim(node, axis, i))));
};

const slice: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  const ranges = dims && sliceRanges(node, dims, inputs);
  if (!ranges) return [ofType(dtype, dims && unknownDims(node, dims.length))];
  const result = [...dims];
  for (const { axis, count } of ranges) result[axis] = count ?? unknownDim(node, axis);
  return [ofType(dtype, result)];
};

const pad: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  const amounts = dims && padAmounts(node, dims.length, inputs);
  if (!amounts) return [ofType(dtype, dims && unknownDims(node, dims.length))];
  const padded = dims.map((d, i) => add(add(d, amounts.before[i] as Dim), amounts.after[i] as Dim));
  if (padded.some((d) => typeof d === 'number' && d < 0)) fail(node, `it takes more away than ${show(dims)} has.`);
  return [ofType(dtype, padded)];
};

const expand: Rule = (node, inputs) => {
  const [x, shape] = [required(node, inputs, 0), required(node, inputs, 1)];
  if (shape.value) return [ofType(x.dtype, broadcast(node, [x.dims, shape.value]))];
  const wanted = shapeInput(node, shape);
  return [ofType(x.dtype, x.dims && wanted && unknownDims(node, Math.max(x.dims.length, wanted.length)))];
};

const tile: Rule = (node, inputs) => {
  const [{ dtype, dims }, repeats] = [required(node, inputs, 0), required(node, inputs, 1)];
  const times = repeats.value;
  if (dims && times) expectSame(node, times.length, dims.length, 'the number of its repeats and of dimensions');
  return [
    ofType(
      dtype,
      dims?.map((d, i) => (times ? multiply(d, times[i] as Dim) : unknownDim(node, i))),
    ),
  ];
};

const resize: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  if (!dims) return [ofType(dtype, undefined)];
  const given = intsAttribute(node, 'axes', []);
  const axes = given.length > 0 ? given.map((a) => normalAxis(node, a, dims.length)) : dims.map((_, i) => i);
  const [scales, sizes] = [inputs[2], inputs[3]];
  const values = numbers(scales);
  const result = [...dims];
  for (const [i, axis] of axes.entries()) {
    const dim = dims[axis] as Dim;
    const wanted = sizes ? sizes.value?.[i] : scaled(dim, values?.[i]);
    result[axis] = wanted ?? unknownDim(node, axis);
  }
  if (sizes && stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    keepAspect(node, dims, axes, result);
  return [ofType(dtype, result)];
};

/** Engines multiply in single precision. */
function scaled(dim: Dim, scale: number | undefined): Dim | undefined {
  if (scale === undefined) return undefined;
  if (typeof dim === 'number') return Math.floor(Math.fround(dim * scale));
  if (Number.isInteger(scale)) return multiply(dim, scale);
  return Number.isInteger(1 / scale) ? floorDivide(dim, 1 / scale) : undefined;
}

/** One scale for all axes: the smallest or the largest of those that the sizes ask for. */
function keepAspect(node: Node, dims: readonly Dim[], axes: readonly number[], result: Dim[]): void {
  const ratios = axes.map((axis) => Number(result[axis]) / Number(dims[axis]));
  const smallest = stringAttribute(node, 'keep_aspect_ratio_policy', 'stretch') === 'not_larger';
  const scale = smallest ? Math.min(...ratios) : Math.max(...ratios);
  for (const axis of axes) {
    result[axis] = Number.isNaN(scale) ? unknownDim(node, axis) : Math.round(scale * Number(dims[axis]));
  }
}

const gridSample: Rule = (node, inputs) => {
  const [{ dtype, dims }, grid] = [required(node, inputs, 0), required(node, inputs, 1)];
  if (!dims || !grid.dims) return [ofType(dtype, undefined)];
  expectSame(node, dims.length, grid.dims.length, 'the number of dimensions of input and grid');
  return [ofType(dtype, [...dims.slice(0, 2), ...grid.dims.slice(1, -1)])];
};

const affineGrid: Rule = (node, inputs) => {
  const { dtype } = required(node, inputs, 0);
  const size = shapeInput(node, required(node, inputs, 1));
  return [ofType(dtype, size && [size[0] as Dim, ...size.slice(2), size.length - 2])];
};

const centerCropPad: Rule = (node, inputs) => {
  const [{ dtype, dims }, shape] = [required(node, inputs, 0), required(node, inputs, 1)];
  if (!dims) return [ofType(dtype, undefined)];
  const given = intsAttribute(node, 'axes', []);
  const axes = given.length > 0 ? given.map((a) => normalAxis(node, a, dims.length)) : dims.map((_, i) => i);
  const at = (i: number): number => axes.indexOf(i);
  return [
    ofType(
      dtype,
      dims.map((d, i) => (at(i) < 0 ? d : (shape.value?.[at(i)] ?? unknownDim(node, i)))),
    ),
  ];
};

/** Real and imaginary part of every bin in the last dim; the inverse of one side of a spectrum is a real signal. */
const dft: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  if (!dims) return [ofType(dtype, undefined)];
  const axis = inputs[2] ? numbers(inputs[2])?.[0] : -2;
  if (axis === undefined) return [ofType(dtype, [...unknownDims(node, dims.length - 1), 2])];
  const at = normalAxis(node, axis, dims.length);
  const given = inputs[1] ? (numbers(inputs[1])?.[0] ?? unknownDim(node, at)) : undefined;
  if (intAttribute(node, 'onesided', 0) === 1 && intAttribute(node, 'inverse', 0) === 1) {
    const samples = given ?? multiply(add(dims[at] as Dim, -1), 2);
    return [ofType(dtype, dims.with(at, samples).with(-1, 1))];
  }
  const length = given ?? (dims[at] as Dim);
  const bins = intAttribute(node, 'onesided', 0) === 1 ? add(floorDivide(length, 2), 1) : length;
  return [ofType(dtype, dims.with(at, bins).with(-1, 2))];
};

/** Frames of a signal: [batch, frames, bins, 2]. */
const stft: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  if (dims && dims.length < 2) fail(node, `its signal has ${show(dims)}, expected a batch of samples.`);
  const step = numbers(inputs[1])?.[0];
  const frame = numbers(inputs[3])?.[0] ?? inputs[2]?.dims?.[0];
  const onesided = (node.attributes.onesided?.value ?? 1) === 1;
  if (!dims || step === undefined || typeof frame !== 'number') return [ofType(dtype, unknownDims(node, 4))];
  const frames = add(floorDivide(add(dims[1] as Dim, -frame), step), 1);
  return [ofType(dtype, [dims[0] as Dim, frames, onesided ? Math.floor(frame / 2) + 1 : frame, 2])];
};

export const joins: Rules = {
  Concat: concat,
  Split: split,
  Slice: slice,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  Resize: resize,
  GridSample: gridSample,
  AffineGrid: affineGrid,
  CenterCropPad: centerCropPad,
  DFT: dft,
  STFT: stft,
};
