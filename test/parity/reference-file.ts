/** A file of reference numbers: JSON that says where each array lies in the little-endian `.bin` beside it. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { WhylightError } from '../../src/core/errors.ts';
import { arrayType, bytesPerElement, sizeOf, type Tensor, tensor } from '../../src/core/tensor/tensor.ts';

const arraySchema = z.looseObject({
  dtype: z.enum(['float32', 'float64', 'int64', 'int32']),
  shape: z.array(z.int().min(0)),
  offset: z.int().min(0),
  bytes: z.int().min(0),
  target: z.union([z.int(), z.array(z.int())]).optional(),
});

export const referenceSchema = z.looseObject({
  model: z.string(),
  cam_tensor: z.string().nullish(),
  tensors: z.record(z.string(), arraySchema),
});

export interface Reference {
  readonly path: string;
  readonly name: string;
  /** File of the model, beside the JSON. */
  readonly model: string;
  readonly json: z.output<typeof referenceSchema>;
  /** Descriptions of the arrays in the file. */
  readonly fields: z.output<typeof referenceSchema>['tensors'];
  /** @throws WhylightError `invalid_config` for an array that is not there or does not fit the `.bin` */
  array(key: string): Tensor;
}

/** Opens the `.bin` beside the JSON. */
export async function openReference(path: string, json: z.output<typeof referenceSchema>): Promise<Reference> {
  const { model, tensors } = json;
  const name = basename(path, '.json');
  const bytes = await readFile(join(dirname(path), `${name}.bin`));
  return {
    path,
    name,
    model,
    json,
    fields: tensors,
    array(key) {
      const field = tensors[key];
      if (!field) throw new WhylightError('invalid_config', `${path} has no array "${key}".`);
      return slice(bytes, field, `${path}, "${key}"`);
    },
  };
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
