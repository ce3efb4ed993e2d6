/** Check of the gradient of a stated target against an array, row by row. */

import { cast } from '../../../src/core/tensor/cast.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import type { Inputs } from '../../../src/core/tensor/rows.ts';
import { float32, sizeOf } from '../../../src/core/tensor/tensor.ts';
import type { Subject } from '../../../src/library/subject.ts';
import type { ExpectedGradient } from '../expectation.ts';
import type { Check, OpenedCase } from '../opened-case.ts';
import { readArray } from './arrays.ts';
import { relativeL2, tolerance } from './errors.ts';
import { statedElement } from './stated-element.ts';

/** Relative steps that cross a kink which single precision puts on the other side of the input. */
const NUDGES: readonly number[] = [0, 3e-7, 1e-6, 3e-6];

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

/** Error at the input itself; undefined where the gradient agrees there, or right beside it. */
async function smallestError(
  it: OpenedCase,
  subject: Subject,
  wanted: ExpectedGradient,
  want: Float64Array,
  most: number,
): Promise<number | undefined> {
  const { scores, index, info } = await statedElement(it, subject, wanted);
  const source = info.sources.find(({ input }) => input === wanted.input)?.name ?? wanted.input;
  let first: number | undefined;
  for (const step of NUDGES) {
    const { rows } = await it.explainer.explain(it.opened.model, {
      method: 'saliency',
      params: { absolute: false, reduction: 'none' },
      inputs: nudged(subject.inputs, wanted.input, step),
      scores,
      target: { weights: [{ index, weight: 1 }] },
    });
    const error = relativeL2(rows[0]?.values[source]?.data ?? [], want);
    if (error <= most) return undefined;
    first ??= error;
  }
  return first;
}

/** The inputs with the elements of one moved at random by a share of their size. */
function nudged(inputs: Inputs, name: string, step: number): Inputs {
  const value = inputs[name];
  if (step === 0 || value?.dtype !== 'float32') return inputs;
  const noise = new Random(1).uniform(value.data.length);
  const moved = Float32Array.from(cast(value, 'float32').data, (x, i) => x * (1 + step * (2 * (noise[i] ?? 0) - 1)));
  return { ...inputs, [name]: float32(value.dims, moved) };
}
