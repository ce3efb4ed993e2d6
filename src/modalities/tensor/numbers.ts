/** Numbers that people write, held against the element type that they are to become. */

import { toFloat16 } from '../../core/tensor/half.ts';
import type { DataType } from '../../core/tensor/tensor.ts';

/** Smallest and largest value of the integer types that JavaScript's numbers hold exactly. */
const RANGES: Partial<Record<DataType, readonly [min: number, max: number]>> = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint8: [0, 2 ** 8 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint16: [0, 2 ** 16 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
};
/** Ranges of the 64-bit types. */
const LONG: Partial<Record<DataType, readonly [min: bigint, max: bigint]>> = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

/** Largest magnitude of each floating-point type. */
const LARGEST: Partial<Record<DataType, number>> = {
  float16: 65_504,
  float32: 3.4028234663852886e38,
  bfloat16: 3.3895313892515355e38,
};

export interface NumberRules {
  /** Reads null, "NaN" and an empty field as a missing value; only floats have one. */
  readonly allowMissing?: boolean;
}

/**
 * An element of `dtype` from a value of JSON, or the reason why it is none.
 * @param value numbers; true and false; for int64 and uint64 also digits in quotes, since JSON's numbers are exact to
 *   2^53 only
 * @returns `element` as the typed array of `dtype` takes it, or `expected`: what should have been there
 */
export function toElement(
  value: unknown,
  dtype: DataType,
  { allowMissing = false }: NumberRules = {},
): { element: number | bigint } | { expected: string } {
  if (dtype === 'bool') {
    return value === true || value === 1
      ? { element: 1 }
      : value === false || value === 0
        ? { element: 0 }
        : { expected: 'true or false' };
  }
  const long = LONG[dtype];
  if (long) return toLong(value, dtype, long);
  const range = RANGES[dtype];
  if (range) {
    const number = typeof value === 'boolean' ? Number(value) : value;
    const fits = typeof number === 'number' && Number.isInteger(number) && number >= range[0] && number <= range[1];
    return fits ? { element: number } : { expected: `an integer from ${range[0]} to ${range[1]} (${dtype})` };
  }
  return toFloat(value, dtype, allowMissing);
}

function toLong(value: unknown, dtype: DataType, [min, max]: readonly [bigint, bigint]) {
  const expected = `an integer from ${min} to ${max} (${dtype}), in quotes beyond 2^53`;
  const written = typeof value === 'string' && /^-?\d{1,20}$/.test(value);
  if (!written && !(typeof value === 'number' && Number.isSafeInteger(value))) return { expected };
  const element = BigInt(value);
  return element >= min && element <= max ? { element } : { expected };
}

function toFloat(value: unknown, dtype: DataType, allowMissing: boolean) {
  if (allowMissing && (value === null || value === '' || (typeof value === 'string' && /^nan$/i.test(value)))) {
    return { element: dtype === 'float16' ? toFloat16(Number.NaN) : Number.NaN };
  }
  const largest = LARGEST[dtype] ?? Number.MAX_VALUE;
  if (typeof value === 'number' && Math.abs(value) <= largest) {
    return { element: dtype === 'float16' ? toFloat16(value) : value };
  }
  const what =
    typeof value === 'number' ? `a finite number of magnitude at most ${largest} (${dtype})` : `a number (${dtype})`;
  return { expected: allowMissing ? `${what}, or null where a value is missing` : what };
}

/** A value of JSON for a message: as it is written, cut where it is long. */
export function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
