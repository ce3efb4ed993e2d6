/** Tensors from plain binary: the elements one after another, little-endian, in C order. */
import { arrayType, bytesPerElement, type DataType, sizeOf, type Tensor, tensor } from '../../core/tensor/tensor.ts';
import { invalidArray } from '../arrays/npy-header.ts';

export interface RawTensorOptions {
  readonly dtype: DataType;
  /** Shape; one length may be -1, and follows from the number of bytes. */
  readonly dims: readonly number[];
  /** Name of the file or the input, for messages. */
  readonly name?: string;
}

/**
 * Tensor over a copy of the bytes.
 * @throws WhylightError `invalid_tensor` when their number does not fit.
 * @example
 * rawTensor(await readFile('x.bin'), { dtype: 'float32', dims: [-1, 16] });
 */
export function rawTensor(bytes: Uint8Array, { dtype, dims, name = 'the binary' }: RawTensorOptions): Tensor {
  const itemSize = bytesPerElement(dtype);
  const shape = resolve(dims, bytes.length / itemSize);
  const expected = sizeOf(shape) * itemSize;
  if (shape.some((length) => !Number.isSafeInteger(length) || length < 0) || expected !== bytes.length) {
    const open = dims.includes(-1);
    const wanted = open
      ? `a multiple of ${sizeOf(dims.filter((length) => length !== -1)) * itemSize} bytes`
      : `${expected} bytes`;
    throw invalidArray(`${name} has ${bytes.length} bytes, but [${dims.join(', ')}] of ${dtype} takes ${wanted}.`, {
      name,
      dtype,
      dims,
      given: bytes.length,
    });
  }
  const data = new (arrayType(dtype))(new Uint8Array(bytes).buffer, 0, sizeOf(shape));
  return tensor(dtype, shape, data as never);
}

function resolve(dims: readonly number[], elements: number): number[] {
  const rest = sizeOf(dims.filter((length) => length !== -1));
  return dims.map((length) => (length === -1 ? elements / rest : length));
}
