/** Constants as numbers, and back. */
import { WhylightError } from '../errors.ts';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../tensor/half.ts';
import { arrayType, bytesPerElement, type DataOf, type DataType, sizeOf } from '../tensor/tensor.ts';
import type { Constant } from './graph.ts';

export type Values =
  | number[]
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/**
 * The elements as the array type that `dtype` has in memory: a view where the bytes are aligned, else a copy.
 * @throws WhylightError `invalid_model` when there are more or fewer bytes than the shape asks for.
 */
export function constantData<D extends DataType>(constant: Constant & { readonly dtype: D }): DataOf<D> {
  const { dtype, dims, bytes } = constant;
  const size = sizeOf(dims);
  if (bytes.byteLength !== size * bytesPerElement(dtype)) {
    throw new WhylightError(
      'invalid_model',
      `A ${dtype} constant of shape [${dims.join(', ')}] takes ${size * bytesPerElement(dtype)} bytes, but has ${bytes.byteLength}.`,
      { dims, bytes: bytes.byteLength },
    );
  }
  const aligned = bytes.byteOffset % bytesPerElement(dtype) === 0 ? bytes : bytes.slice();
  return new (arrayType(dtype))(aligned.buffer as ArrayBuffer, aligned.byteOffset, size) as DataOf<D>;
}

/** Bytes of a constant of this type; tells the size of a {@link lazyConstant} without making it. */
export const byteLengthOf = ({ dtype, dims }: Pick<Constant, 'dtype' | 'dims'>): number =>
  sizeOf(dims) * bytesPerElement(dtype);

/**
 * Constant whose bytes are made when they are first read: many compilations are asked for their outcome or size alone.
 * @param make returns {@link byteLengthOf} bytes
 */
export function lazyConstant(type: Pick<Constant, 'dtype' | 'dims'>, make: () => Uint8Array): Constant {
  let made: Uint8Array | undefined;
  return {
    ...type,
    get bytes() {
      made ??= make();
      return made;
    },
  };
}

/**
 * The elements as numbers; booleans as 0 and 1. A view on the constant where no conversion is needed, so do not write to it.
 * 64-bit integers beyond 2^53 come as the nearest double: `makeConstant` turns the extremes back into themselves.
 * @throws WhylightError `invalid_model` when there are more or fewer bytes than the shape asks for.
 */
export function constantValues(constant: Constant): Values {
  const data = constantData(constant);
  if (constant.dtype === 'float16') return Float32Array.from(data as Uint16Array, fromFloat16);
  if (constant.dtype === 'bfloat16') return Float32Array.from(data as Uint16Array, fromBfloat16);
  return data instanceof BigInt64Array || data instanceof BigUint64Array ? Array.from(data, Number) : data;
}

/**
 * A constant of these values, converted to `dtype`; 64-bit integers are clamped to their range.
 * @throws WhylightError `invalid_tensor` when the number of values does not fit the shape.
 */
export function makeConstant(
  dtype: DataType,
  dims: readonly number[],
  values: ArrayLike<number | bigint | boolean>,
): Constant {
  const data = new (arrayType(dtype))(sizeOf(dims));
  if (data.length !== values.length) {
    throw new WhylightError(
      'invalid_tensor',
      `A constant of shape [${dims.join(', ')}] holds ${data.length} elements, but ${values.length} were given.`,
      { dims, given: values.length },
    );
  }
  // Arrays of numbers convert as they are copied; converting a model's weights one by one takes long.
  if (convertsByCopy(dtype, data, values)) (data as Float32Array).set(values as ArrayLike<number>);
  else if (data instanceof BigInt64Array)
    for (let i = 0; i < data.length; i++) data[i] = toBigInt(values[i] as number, -(2n ** 63n), 2n ** 63n - 1n);
  else if (data instanceof BigUint64Array)
    for (let i = 0; i < data.length; i++) data[i] = toBigInt(values[i] as number, 0n, 2n ** 64n - 1n);
  else {
    const convert = CONVERSIONS[dtype] ?? Number;
    for (let i = 0; i < data.length; i++) data[i] = convert(Number(values[i]));
  }
  return { dtype, dims, bytes: new Uint8Array(data.buffer) };
}

/** True if copying the values into the array is all that it takes: both hold 64-bit integers, or neither does. */
function convertsByCopy(
  dtype: DataType,
  data: object,
  values: ArrayLike<number | bigint | boolean>,
): data is Float32Array {
  if (CONVERSIONS[dtype] || !ArrayBuffer.isView(values)) return false;
  return values.constructor === data.constructor || !(isLong(data) || isLong(values));
}

const isLong = (values: object): boolean => values instanceof BigInt64Array || values instanceof BigUint64Array;

const CONVERSIONS: Partial<Record<DataType, (value: number) => number>> = {
  float16: toFloat16,
  bfloat16: toBfloat16,
  bool: (value) => (value ? 1 : 0),
};

function toBigInt(value: number | bigint | boolean, least: bigint, most: bigint): bigint {
  if (typeof value === 'number' && !Number.isFinite(value)) return value > 0 ? most : value < 0 ? least : 0n;
  const whole = BigInt(typeof value === 'number' ? Math.trunc(value) : value);
  return whole < least ? least : whole > most ? most : whole;
}
