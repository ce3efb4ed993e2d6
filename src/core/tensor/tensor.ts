/** Dense row-major arrays with the element types of ONNX. Half floats travel as their 16 bits, booleans as bytes. */
import { WhylightError } from '../errors.ts';

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

/** Element type of a tensor, as ONNX names it. */
export type DataType = keyof typeof ARRAYS;
/** Typed array that holds elements of type `D`. */
export type DataOf<D extends DataType> = InstanceType<(typeof ARRAYS)[D]>;

/** Dense row-major array: element type, shape, and as many elements as the product of the dims. */
export interface Tensor<D extends DataType = DataType> {
  readonly dtype: D;
  readonly dims: readonly number[];
  readonly data: DataOf<D>;
}

/**
 * Returns the number of elements of a shape: the product of the dims, 1 for the `[]` of a scalar.
 *
 * @example
 * import { sizeOf } from 'whylight/plugin';
 * sizeOf([3, 8, 8]); // 192
 */
export const sizeOf = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);

/** True for floating point types. */
export const isFloat = (dtype: DataType): boolean => dtype.includes('float');

/** True for types of whole numbers, signed and unsigned. */
export const isInteger = (dtype: string): boolean => /^u?int/.test(dtype);

/** Bytes of one element. */
export const bytesPerElement = (dtype: DataType): number => ARRAYS[dtype].BYTES_PER_ELEMENT;

/**
 * Makes a tensor over `data`, or of zeros when there is none. A typed array of the right kind is not copied; other
 * numbers are.
 * @throws WhylightError `invalid_tensor` when the number of elements does not fit the shape
 *
 * @example
 * import { tensor } from 'whylight';
 * const ids = tensor('int64', [1, 4], [101, 7592, 2088, 102]);
 */
export function tensor<D extends DataType>(
  dtype: D,
  dims: readonly number[],
  data?: ArrayLike<number> | DataOf<D>,
): Tensor<D> {
  const size = sizeOf(dims);
  if (data === undefined) return { dtype, dims, data: new ARRAYS[dtype](size) as DataOf<D> };
  if (data.length !== size) {
    throw new WhylightError(
      'invalid_tensor',
      `A tensor of shape [${dims.join(', ')}] holds ${size} elements, but ${data.length} were given.`,
      { dims, given: data.length },
    );
  }
  if (data instanceof ARRAYS[dtype]) return { dtype, dims, data: data as DataOf<D> };
  const array = new ARRAYS[dtype](size);
  if (array instanceof BigInt64Array || array instanceof BigUint64Array) {
    for (let i = 0; i < size; i++) array[i] = BigInt(data[i] as number);
  } else {
    array.set(data as ArrayLike<number>);
  }
  return { dtype, dims, data: array as DataOf<D> };
}

/**
 * Makes a tensor of float32; see {@link tensor}.
 * @throws WhylightError `invalid_tensor` when the number of elements does not fit the shape
 *
 * @example
 * import { float32 } from 'whylight';
 * const row = float32([1, 5], [0.1, 0.2, 0.3, 0.4, 0.5]);
 */
export const float32 = (dims: readonly number[], data?: ArrayLike<number>): Tensor<'float32'> =>
  tensor('float32', dims, data);

/** The constructor of the typed array that holds elements of `dtype`. */
export const arrayType = <D extends DataType>(dtype: D): (typeof ARRAYS)[D] => ARRAYS[dtype];
