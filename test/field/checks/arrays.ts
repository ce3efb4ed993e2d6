/** Checks of whole arrays: outputs, and the gradient of a stated target, row by row. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cast } from '../../../src/core/tensor/cast.ts';
import { sizeOf, type Tensor } from '../../../src/core/tensor/tensor.ts';
import { readNpy } from '../../../src/modalities/tensor/npy.ts';
import type { ExpectedArray } from '../expectation.ts';
import type { Check } from '../opened-case.ts';
import { relativeL2, tolerance } from './errors.ts';
import { outputName, statedElement } from './stated-element.ts';

const readArray = async (folder: string, file: string): Promise<Tensor> =>
  readNpy(new Uint8Array(await readFile(join(folder, file))), file);

/** Every output that an array is given for, against it. */
export const outputFaults: Check = async (it) => {
  const { opened, explainer, inputs, expected, folder } = it;
  const faults: string[] = [];
  for (const array of expected.arrays ?? []) {
    const name = outputName(it, array.output);
    const got = (await explainer.infer(opened.model, { inputs, names: [name] }))[name];
    const want = await elementsOf(folder, array);
    if (!got) faults.push(`there is no output ${name}`);
    else faults.push(...rowFaults(name, cast(got, 'float32'), want, array.floor));
  }
  return faults;
};

async function elementsOf(folder: string, { file, values = [] }: ExpectedArray): Promise<ArrayLike<number>> {
  return file === undefined ? values : cast(await readArray(folder, file), 'float64').data;
}

function rowFaults(
  name: string,
  got: Tensor<'float32'>,
  want: ArrayLike<number>,
  floor: ExpectedArray['floor'],
): string[] {
  const all = Array.from(want);
  if (got.data.length !== all.length) return [`${name} has ${got.data.length} elements, expected ${all.length}`];
  const rows = got.dims[0] ?? 1;
  const size = all.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    const [from, to] = [row * size, (row + 1) * size];
    const error = relativeL2(got.data.subarray(from, to), all.slice(from, to));
    return error <= tolerance(floor?.[row]) ? '' : `${name}, row ${row}: off by ${error.toExponential(1)}`;
  }).filter(Boolean);
}

/** Gradient of one element of an output with respect to the explained input, or to the embedding of its ids. */
export const gradientArrayFaults: Check = async (it) => {
  const { opened, explainer, expected, folder, subjects } = it;
  const { gradient_array: wanted } = expected;
  if (!wanted) return [];
  const array = cast(await readArray(folder, wanted.file), 'float64');
  const rows = Math.min(array.dims[0] ?? 1, subjects.length);
  const size = sizeOf(array.dims) / (array.dims[0] ?? 1);
  const faults: string[] = [];
  for (const [row, subject] of subjects.slice(0, rows).entries()) {
    const { scores, index, info } = await statedElement(it, subject, wanted);
    const explained = await explainer.explain(opened.model, {
      method: 'saliency',
      params: { absolute: false, reduction: 'none' },
      inputs: subject.inputs,
      scores,
      target: { weights: [{ index, weight: 1 }] },
    });
    const source = info.sources.find(({ input }) => input === wanted.input)?.name ?? wanted.input;
    const values = explained.rows[0]?.values[source]?.data;
    if (!values) return [`no gradient at ${source}`];
    const error = relativeL2(values, array.data.slice(row * size, (row + 1) * size));
    if (!(error <= tolerance(wanted.floor?.[row])))
      faults.push(`gradient, row ${row}: off by ${error.toExponential(1)}`);
  }
  return faults;
};
