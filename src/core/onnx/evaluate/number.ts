/** Numbers as the element types of tensors hold them. */

import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../../tensor/half.ts';
import type { DataType } from '../../tensor/tensor.ts';

const wrap = (bits: number, signed: boolean) => {
  const [span, half] = [2 ** bits, 2 ** (bits - 1)];
  return (x: number): number => {
    const rest = ((x % span) + span) % span;
    return signed && rest >= half ? rest - span : rest;
  };
};

/** A result rounded, or wrapped round, to what its type can hold. Of 64-bit integers only those below 2^53 are exact. */
export const STORE: Readonly<Record<DataType, (x: number) => number>> = {
  float64: (x) => x,
  float32: Math.fround,
  float16: (x) => fromFloat16(toFloat16(x)),
  bfloat16: (x) => fromBfloat16(toBfloat16(x)),
  int64: (x) => x + 0, // no negative zero
  uint64: (x) => x + 0,
  int32: wrap(32, true),
  uint32: wrap(32, false),
  int16: wrap(16, true),
  uint16: wrap(16, false),
  int8: wrap(8, true),
  uint8: wrap(8, false),
  bool: (x) => (x ? 1 : 0),
};

/** To the nearest, ties to even. */
export function roundEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x - Math.trunc(x)) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** By the series of exp(-x^2) times odd powers over odd factorials: all terms positive, so nothing cancels. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(size)) return x;
  if (size > 6) return Math.sign(x);
  let [term, sum] = [size, size];
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * size * size) / (2 * n + 1);
    sum += term;
  }
  return Math.sign(x) * ((2 / Math.sqrt(Math.PI)) * Math.exp(-size * size) * sum);
}
