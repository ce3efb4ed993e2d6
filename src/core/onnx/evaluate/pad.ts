/** Operators that keep a part of what is there and fill the rest. */
import { intAttribute, stringAttribute } from '../attributes.ts';
import { isStatic } from '../dims.ts';
import { padAmounts } from '../infer/ranges.ts';
import { asInputs, type Element, type Evaluator, type Evaluators, room, rowMajor } from './content.ts';

const pad: Evaluator = (node, inputs, [output]) => {
  const [x, pads, fill, axes] = inputs;
  const dims = output?.dims;
  if (!x || !isStatic(dims)) return undefined;
  const before = padAmounts(node, dims.length, [undefined, ...asInputs([pads, undefined, axes])])?.before;
  if (!isStatic(before)) return undefined;
  const mode = stringAttribute(node, 'mode', 'constant');
  const strides = rowMajor(x.dims);
  // Per axis, where each position of the output comes from; -1 is outside.
  const sources = dims.map((d, axis) =>
    Array.from({ length: d }, (_, i) => sourceOf(i - (before[axis] as number), x.dims[axis] as number, mode)),
  );
  const empty: Element = fill ? fill.data[0] : 0;
  const data = room(
    dims.reduce((n, d) => n * d, 1),
    x.data,
  );
  const visit = (axis: number, at: number, from: number): void => {
    if (axis === dims.length) data[at] = from < 0 ? empty : x.data[from];
    else {
      for (const [i, source] of (sources[axis] as number[]).entries()) {
        visit(
          axis + 1,
          at * (dims[axis] as number) + i,
          from < 0 || source < 0 ? -1 : from + source * (strides[axis] as number),
        );
      }
    }
  };
  visit(0, 0, 0);
  return [{ data }];
};

function sourceOf(i: number, dim: number, mode: string): number {
  if (i >= 0 && i < dim) return i;
  if (mode === 'edge') return i < 0 ? 0 : dim - 1;
  if (mode === 'wrap') return ((i % dim) + dim) % dim;
  if (mode !== 'reflect') return -1;
  const period = Math.max(2 * (dim - 1), 1);
  const at = ((i % period) + period) % period;
  return at < dim ? at : period - at;
}

/** Trilu: elements above (or below) the k-th diagonal stay. */
const trilu: Evaluator = (node, [x, k]) => {
  const shift = k ? k.data[0] : 0;
  if (!x || typeof shift !== 'number') return undefined;
  const upper = intAttribute(node, 'upper', 1) === 1;
  const [rows, columns] = [x.dims.at(-2) as number, x.dims.at(-1) as number];
  const data = room(x.data.length, x.data);
  for (let i = 0; i < x.data.length; i++) {
    const distance = (i % columns) - (Math.floor(i / columns) % rows) - shift;
    data[i] = (upper ? distance >= 0 : distance <= 0) ? x.data[i] : 0;
  }
  return [{ data }];
};

export const pads: Evaluators = { Pad: pad, Trilu: trilu };
