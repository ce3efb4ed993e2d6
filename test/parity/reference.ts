/**
 * Reads a folder of reference numbers: `<name>.json` beside `<name>.onnx` and `<name>.bin`. The JSON gives dtype, shape,
 * offset and length of each array in the little-endian `.bin`, with the parameters that made it.
 */

import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { WhylightError } from '../../src/core/errors.ts';
import { Model } from '../../src/core/model/model.ts';
import { arrayType, bytesPerElement, sizeOf, type Tensor, tensor } from '../../src/core/tensor/tensor.ts';
import { type Comparison, type Example, type Expected, skipped } from './comparison.ts';
import { ENTRIES, type EntryFields } from './entries.ts';
import { readFiles } from './folder.ts';
import { DRAWN } from './next.ts';
import { row } from './rows.ts';

const TOLERANCE = 1e-4;
/** CAM maps of the reference went through two resizings and three scalings. */
const CAM_TOLERANCE = 1e-3;
/** Arrays of a reference that are no attributions. */
const MODEL_INPUT = 'input';
const MODEL_OUTPUT = 'logits';

const arraySchema = z.looseObject({
  dtype: z.enum(['float32', 'float64', 'int64', 'int32']),
  shape: z.array(z.int().min(0)),
  offset: z.int().min(0),
  bytes: z.int().min(0),
  target: z.union([z.int(), z.array(z.int())]).optional(),
});

const referenceSchema = z.looseObject({
  model: z.string(),
  cam_tensor: z.string().nullish(),
  tensors: z.record(z.string(), arraySchema),
});

/** True for the JSON of a reference, false for another JSON file that happens to lie there. */
const isReference = (value: unknown): boolean => typeof value === 'object' && value !== null && 'tensors' in value;

/** Every entry of every reference in the folder itself, in the order of names. */
export const readReferences = (folder: string): Promise<Comparison[]> =>
  readFiles(folder, { schema: referenceSchema, matches: isReference, read: readReference });

async function readReference(path: string, reference: z.output<typeof referenceSchema>): Promise<Comparison[]> {
  const { model: file, cam_tensor, tensors } = reference;
  const name = basename(path, '.json');
  const bytes = await readFile(join(dirname(path), `${name}.bin`));
  const array = (key: string): Tensor => {
    const field = tensors[key];
    if (!field) throw new WhylightError('invalid_config', `${path} has no array "${key}".`);
    return slice(bytes, field, `${path}, "${key}"`);
  };
  let model: Promise<Model> | undefined;
  const load = () => (model ??= readFile(join(dirname(path), file)).then((bytes) => Model.read({ bytes })));

  const input = array(MODEL_INPUT);
  const inputName = async () => (await load()).info().inputs[0]?.name as string;
  const comparisons: Comparison[] = [];
  for (const [entry, field] of Object.entries(tensors)) {
    if (entry === MODEL_INPUT || entry === MODEL_OUTPUT || DRAWN.has(entry)) continue;
    const recipe = ENTRIES[entry]?.({ ...(field as EntryFields), camTensor: cam_tensor ?? undefined, read: array });
    if (!recipe) {
      comparisons.push(skipped(name, entry, 'not an attribution that is known here'));
      continue;
    }
    const expected = array(entry);
    const targets = [field.target ?? 'sum'].flat();
    const examples = async (): Promise<Example[]> => {
      const key = await inputName();
      return Array.from({ length: input.dims[0] ?? 0 }, (_, i) =>
        (recipe.parts ?? [{}]).map((params, part): Example => {
          const wanted = row(expected, i) as Tensor<'float32'>;
          return {
            inputs: { [key]: row(input, i) },
            target: targets[i] ?? (targets[0] as number | string),
            params,
            expected: { '*': recipe.parts ? partOf(wanted, part) : wanted },
            ...(recipe.recorded && { own: recipe.recorded(i) }),
          };
        }),
      ).flat();
    };
    comparisons.push({
      model: name,
      entry,
      recipe,
      load,
      examples,
      norm: 'l2',
      tolerance: entry.startsWith('cam_') ? CAM_TOLERANCE : TOLERANCE,
    });
  }
  return comparisons;
}

/** Copied, because a view must start at a multiple of its element size (and `slice` of a Node buffer is a view). */
function slice(bytes: Uint8Array, field: z.output<typeof arraySchema>, where: string): Tensor {
  const { dtype, shape, offset, bytes: length } = field;
  if (length !== sizeOf(shape) * bytesPerElement(dtype) || offset + length > bytes.length) {
    throw new WhylightError('invalid_config', `${where}: shape, offset and bytes do not fit the .bin file.`);
  }
  const { buffer } = new Uint8Array(bytes.subarray(offset, offset + length));
  return tensor(dtype, shape, new (arrayType(dtype))(buffer));
}

/** Part `i` of [1, parts, ...], as [1, ...]. */
function partOf({ dims, data }: Tensor<'float32'>, i: number): Expected {
  const size = sizeOf(dims.slice(2));
  return { dims: [1, ...dims.slice(2)], data: data.slice(i * size, (i + 1) * size) };
}
