/** Ranges of Slice, Split and Pad from their inputs and attributes, for shapes and for contents. */
import { intAttribute } from '../attributes.ts';
import { add, ceilDivide, isStatic, lowerBound, maximum, minimum, multiply, subtract } from '../dims.ts';
import type { Dim, Node } from '../graph.ts';
import { expectSame, fail, normalAxis, show } from './checks.ts';
import { axesInput, type Inputs, numbers, required } from './rule.ts';

/** The elements start, start + step, ... of one axis. `start` and `count` are undefined when they depend on the data. */
export interface Range {
  readonly axis: number;
  readonly start?: Dim;
  readonly step: number;
  readonly count?: Dim;
}

/** Beyond any dim: exporters write the largest integer for "to the end". */
const FAR = 2 ** 31 - 1;

/** The ranges of a Slice; undefined when it is not even known which axes are cut. */
export function sliceRanges(node: Node, dims: readonly Dim[], inputs: Inputs): Range[] | undefined {
  const [starts, ends] = [required(node, inputs, 1), required(node, inputs, 2)];
  const length = starts.dims?.[0] ?? ends.dims?.[0];
  if (typeof length !== 'number') return undefined;
  const axes = inputs[3] ? axesInput(node, inputs[3], dims.length) : Array.from({ length }, (_, i) => i);
  if (!axes) return undefined;
  const steps = inputs[4] ? numbers(inputs[4]) : axes.map(() => 1);
  return axes.map((axis, i) => {
    const [dim, start, end, step] = [dims[axis], starts.value?.[i], ends.value?.[i], steps?.[i]];
    if (dim === undefined) fail(node, `axis ${axis} does not exist in ${show(dims)}.`);
    if (step === 0) fail(node, 'its steps may not be 0.');
    if (step === undefined) return { axis, step: 1 };
    const [first, last] = step > 0 ? [0, dim] : [-1, subtract(dim, 1)];
    const from = start === undefined ? undefined : clamp(start, dim, 0, last);
    const to = end === undefined ? undefined : clamp(end, dim, first, last);
    if (from === undefined || to === undefined) return { axis, step };
    const span = step > 0 ? subtract(to, from) : subtract(from, to);
    return { axis, start: from, step, count: maximum(0, ceilDivide(span, Math.abs(step))) };
  });
}

/** A start or end counted from the front and kept between `first` and `last`; undefined when its sign is unknown. */
function clamp(at: Dim, dim: Dim, first: Dim, last: Dim): Dim | undefined {
  if (typeof at === 'number' && at >= FAR) return last;
  if (typeof at === 'number' && at <= -FAR) return first;
  if (lowerBound(at) >= 0) return minimum(at, last);
  if (lowerBound(subtract(-1, at)) >= 0) return maximum(first, minimum(add(at, dim), last));
  return undefined;
}

/** Number of elements that each output of a Split gets. */
export function splitSizes(node: Node, dim: Dim, inputs: Inputs): Dim[] | undefined {
  const parts = node.outputs.length;
  const sizes = inputs[1] ? inputs[1].value : evenSizes(node, dim, parts);
  if (!sizes) return undefined;
  if (sizes.length !== parts) fail(node, `it has ${parts} outputs, but its split has ${sizes.length} sizes.`);
  if (sizes.some((size) => typeof size === 'number' && size < 0)) fail(node, `it cannot be split into ${show(sizes)}.`);
  if (isStatic(sizes)) {
    const total = sizes.reduce((a, b) => a + b, 0);
    expectSame(node, total, dim, 'the sum of its split and the dim');
  }
  return [...sizes];
}

/** All the same size, but the last, which may be smaller. */
function evenSizes(node: Node, dim: Dim, parts: number): Dim[] {
  const size = ceilDivide(dim, intAttribute(node, 'num_outputs', parts));
  return Array.from({ length: parts }, (_, i) => (i < parts - 1 ? size : subtract(dim, multiply(size, parts - 1))));
}

/** Number of elements that Pad puts before and after each axis; negative numbers crop. */
export function padAmounts(node: Node, rank: number, inputs: Inputs): { before: Dim[]; after: Dim[] } | undefined {
  const pads = inputs[1]?.value;
  const axes = inputs[3] ? axesInput(node, inputs[3], rank) : Array.from({ length: rank }, (_, i) => i);
  if (!pads || !axes) return undefined;
  if (pads.length !== 2 * axes.length)
    fail(node, `it has ${pads.length} pads for ${axes.length} axes, expected two for each.`);
  const [before, after] = [Array<Dim>(rank).fill(0), Array<Dim>(rank).fill(0)];
  for (const [i, axis] of axes.entries()) {
    before[axis] = pads[i] as Dim;
    after[axis] = pads[i + axes.length] as Dim;
  }
  return { before, after };
}

/** The axis that an attribute names, counted from the front. */
export const axisAttribute = (node: Node, rank: number, otherwise: number): number =>
  normalAxis(node, intAttribute(node, 'axis', otherwise), rank);
