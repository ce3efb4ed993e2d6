/** Our tensors and those of onnxruntime share their data; only the wrapping differs. */
import type { Tensor as OrtTensor } from 'onnxruntime-common';
import { WhylightError } from '../errors.ts';
import { arrayType, type DataType, type Tensor } from '../tensor/tensor.ts';

/** Exports of an onnxruntime package that are used here. */
export type Ort = Pick<typeof import('onnxruntime-common'), 'InferenceSession' | 'Tensor'>;

/** The element types that onnxruntime's JavaScript packages take; they have no bfloat16. */
const TYPES: ReadonlySet<string> = new Set<DataType>([
  'float32',
  'float64',
  'float16',
  'int64',
  'uint64',
  'int32',
  'uint32',
  'int16',
  'uint16',
  'int8',
  'uint8',
  'bool',
]);

export function toOrt(ort: Ort, name: string, { dtype, data, dims }: Tensor): OrtTensor {
  if (!TYPES.has(dtype)) {
    throw new WhylightError(
      'invalid_tensor',
      `Tensor "${name}" holds ${dtype} elements, which onnxruntime does not take. Use one of ${[...TYPES].join(', ')}.`,
      { name, dtype },
    );
  }
  if (dtype !== 'float16') return new ort.Tensor(dtype as 'float32', data as Float32Array, dims);
  // Where the language has Float16Array, onnxruntime-common insists on it, and the native binding cannot read it. The
  // bits go in as uint16 under the right name, which every build reads.
  const tensor = new ort.Tensor('uint16', data as Uint16Array, dims);
  return Object.assign(tensor, { type: 'float16' as const });
}

export function fromOrt(name: string, { type, data, dims }: OrtTensor): Tensor {
  if (!TYPES.has(type)) {
    throw new WhylightError(
      'engine_failure',
      `Output "${name}" holds ${type} elements, which cannot be read. Add a Cast to float32 to the model.`,
      { name, type },
    );
  }
  const dtype = type as DataType;
  const array = data as Uint8Array;
  const Wanted = arrayType(dtype);
  const same =
    array instanceof Wanted ? array : new Wanted(array.buffer as ArrayBuffer, array.byteOffset, array.length);
  return { dtype, dims: [...dims], data: same } as Tensor;
}
