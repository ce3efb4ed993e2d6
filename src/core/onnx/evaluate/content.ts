/** Contents that evaluators work on: their elements may be symbolic dims, or unknown. */
import type { DataType } from '../../tensor/tensor.ts';
import type { Dim, Node } from '../graph.ts';
import type { Inferred, Inputs } from '../infer/rule.ts';

/** undefined: not known before the run. */
export type Element = Dim | undefined;
export type Elements = ArrayLike<Element>;

/** A value with its content, flattened. Constants bring typed arrays, which stay typed where elements only move. */
export interface Content {
  readonly dtype: DataType;
  readonly dims: readonly number[];
  readonly data: Elements;
}

/** An input that is left out, or of which nothing is known, is undefined. */
export type Contents = readonly (Content | undefined)[];

/** One output. Its shape is said only where shape inference cannot know it. */
export interface Answer {
  readonly data: Elements;
  readonly dims?: readonly number[];
}

/**
 * Computes a node's outputs, whose inferred types are given; undefined when its inputs are not known well enough.
 * One evaluator serves both the inference of small contents and the folding of constants.
 */
export type Evaluator = (node: Node, inputs: Contents, outputs: readonly Inferred[]) => readonly Answer[] | undefined;
export type Evaluators = Readonly<Record<string, Evaluator>>;

export const each = (operators: string, evaluator: Evaluator): Evaluators =>
  Object.fromEntries(operators.split(' ').map((op) => [op, evaluator]));

/** The elements of a content all of whose elements are numbers. */
export function numeric(content: Content | undefined): ArrayLike<number> | undefined {
  if (!content) return undefined;
  if (ArrayBuffer.isView(content.data)) return content.data as ArrayLike<number>;
  return Array.prototype.every.call(content.data, (e) => typeof e === 'number')
    ? (content.data as ArrayLike<number>)
    : undefined;
}

/** Room for `size` elements like those of `sources`: typed if they all are. */
export function room(size: number, ...sources: Elements[]): { [index: number]: Element } & Elements {
  const typed = sources.every((s) => ArrayBuffer.isView(s));
  if (!typed || sources.length === 0) return new Array<Element>(size);
  const [first] = sources;
  const same = sources.every((s) => s.constructor === first?.constructor);
  const Type = same ? (first?.constructor as Float64ArrayConstructor) : Float64Array;
  return new Type(size) as { [index: number]: Element } & Elements;
}

/** The elements at these positions. */
export function take(data: Elements, positions: ArrayLike<number>): Elements {
  const taken = room(positions.length, data);
  for (let i = 0; i < positions.length; i++) taken[i] = data[positions[i] as number];
  return taken;
}

/** Strides: the distance of neighbours along each axis, in elements. */
export function rowMajor(dims: readonly number[]): number[] {
  const strides: number[] = [];
  dims.reduceRight((stride, d, i) => {
    strides[i] = stride;
    return stride * d;
  }, 1);
  return strides;
}

/** The strides that read a value of shape `from` as if it had the shape `to`, which it is broadcast to. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const lead = to.length - from.length;
  const strides = rowMajor(from);
  return to.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : (strides[i - lead] as number)));
}

/** The positions that a strided view of shape `dims` visits, in row-major order. */
export function view(dims: readonly number[], strides: readonly number[], offset = 0): Int32Array {
  const positions = new Int32Array(dims.reduce((n, d) => n * d, 1));
  const last = dims.length - 1;
  // The last axis is walked in a loop of its own: most of the positions lie along it.
  const [run, step] = last < 0 ? [1, 0] : [dims[last] as number, strides[last] as number];
  const counter = dims.map(() => 0);
  let [at, filled] = [offset, 0];
  while (filled < positions.length) {
    for (let i = 0; i < run; i++) positions[filled++] = at + i * step;
    for (let axis = last - 1; axis >= 0; axis--) {
      at += strides[axis] as number;
      const next = (counter[axis] as number) + 1;
      counter[axis] = next;
      if (next < (dims[axis] as number)) break;
      at -= (strides[axis] as number) * (dims[axis] as number);
      counter[axis] = 0;
    }
  }
  return positions;
}

/** A shape cut at an axis: how many rows before it, its dim, how many elements after it. */
export function around(dims: readonly number[], axis: number): { outer: number; dim: number; inner: number } {
  const size = (part: readonly number[]): number => part.reduce((n, d) => n * d, 1);
  return { outer: size(dims.slice(0, axis)), dim: dims[axis] as number, inner: size(dims.slice(axis + 1)) };
}

/** Contents as inference sees them, for what it shares with evaluation. */
export const asInputs = (inputs: Contents): Inputs =>
  inputs.map(
    (c) =>
      c && {
        dtype: c.dtype,
        dims: c.dims,
        value: Array.prototype.every.call(c.data, (e) => e !== undefined) ? (Array.from(c.data) as Dim[]) : undefined,
      },
  );
