/** Checks of whole arrays: outputs, and the gradient of a stated target, row by row. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cast } from '../../../src/core/tensor/cast.ts';
import type { Tensor } from '../../../src/core/tensor/tensor.ts';
import { readNpy } from '../../../src/modalities/arrays/npy.ts';
import type { ExpectedArray } from '../expectation.ts';
import type { Check, OpenedCase } from '../opened-case.ts';
import { relativeL2, tolerance } from './errors.ts';
import { nudged } from './nudged.ts';
import { outputName } from './stated-element.ts';

export const readArray = async (folder: string, file: string): Promise<Tensor> =>
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
    else {
      const found = rowFaults(name, cast(got, 'float32'), want, array.floor);
      if (found.length > 0) {
        const floor = await roundingOf(it, name, cast(got, 'float32'), array.floor);
        faults.push(...rowFaults(name, cast(got, 'float32'), want, floor));
      }
    }
  }
  return faults;
};

/** Step of about the rounding of an input. */
const ROUNDING = 3e-7;

/** Error of the engine's single precision in each row: the floor that is stated, or what the rounding of the input moves. */
async function roundingOf(
  { opened: { model }, explainer, inputs }: OpenedCase,
  name: string,
  got: Tensor<'float32'>,
  floor: ExpectedArray['floor'],
): Promise<readonly number[]> {
  const rows = got.dims[0] ?? 1;
  const size = got.data.length / rows;
  const moved: Tensor<'float32'>[] = [];
  for (const seed of [1, 2, 3]) {
    const beside = nudged(inputs, Object.keys(inputs)[0] ?? '', ROUNDING, seed);
    const result = (await explainer.infer(model, { inputs: beside, names: [name] }))[name];
    if (result) moved.push(cast(result, 'float32'));
  }
  return Array.from({ length: rows }, (_, row) => {
    const part = ({ data }: Tensor<'float32'>): Float32Array => data.subarray(row * size, (row + 1) * size);
    return Math.max(floor?.[row] ?? 0, ...moved.map((other) => relativeL2(part(other), part(got))));
  });
}

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
