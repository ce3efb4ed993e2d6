/** Check of the gradient of a stated target against an array, row by row. */

import { cast } from '../../../src/core/tensor/cast.ts';
import { sizeOf } from '../../../src/core/tensor/tensor.ts';
import type { Subject } from '../../../src/library/subject.ts';
import type { ExpectedGradient } from '../expectation.ts';
import type { Check, OpenedCase } from '../opened-case.ts';
import { readArray } from './arrays.ts';
import { relativeL2, tolerance } from './errors.ts';
import { nudged } from './nudged.ts';
import { statedElement } from './stated-element.ts';

/** Step of about the rounding of the input: what it moves in the gradient is no error of the gradient. */
const ROUNDING = 3e-7;
/** Relative steps and seeds that cross a kink which single precision puts on the other side of the input. */
const NUDGES: readonly (readonly [step: number, seed: number])[] = [
  [0, 0],
  ...[1, 2, 3, 4, 5].map((seed) => [ROUNDING, seed] as const),
  [1e-6, 1],
  [3e-6, 1],
];

/** Gradient of one element of an output with respect to the explained input, or to the embedding of its ids. */
export const gradientArrayFaults: Check = async (it) => {
  const { gradient_array: wanted } = it.expected;
  if (!wanted) return [];
  const array = cast(await readArray(it.folder, wanted.file), 'float64');
  const rows = array.dims[0] ?? 1;
  const size = sizeOf(array.dims) / rows;
  const faults: string[] = [];
  for (const [row, subject] of it.subjects.slice(0, rows).entries()) {
    const want = array.data.slice(row * size, (row + 1) * size);
    const error = await smallestError(it, subject, wanted, want, tolerance(wanted.floor?.[row]));
    if (error !== undefined) faults.push(`gradient, row ${row}: off by ${error.toExponential(1)}`);
  }
  return faults;
};

/**
 * Error at the input itself; undefined where the gradient agrees there, or right beside it, or where the rounding of the
 * input moves the gradient as far.
 */
async function smallestError(
  it: OpenedCase,
  subject: Subject,
  wanted: ExpectedGradient,
  want: Float64Array,
  most: number,
): Promise<number | undefined> {
  const { scores, index, info } = await statedElement(it, subject, wanted);
  const source = info.sources.find(({ input }) => input === wanted.input)?.name ?? wanted.input;
  let first: { readonly error: number; readonly data: ArrayLike<number> } | undefined;
  for (const [step, seed] of NUDGES) {
    const { rows } = await it.explainer.explain(it.opened.model, {
      method: 'saliency',
      params: { absolute: false, reduction: 'none' },
      inputs: nudged(subject.inputs, wanted.input, step, seed),
      scores,
      target: { weights: [{ index, weight: 1 }] },
    });
    const data = rows[0]?.values[source]?.data ?? [];
    const error = relativeL2(data, want);
    if (error <= most) return undefined;
    if (first && step === ROUNDING && first.error <= tolerance(relativeL2(data, first.data, want))) return undefined;
    first ??= { error, data };
  }
  return first?.error;
}
