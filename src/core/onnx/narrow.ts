/** Whole numbers of less than a byte: int4, uint4, int2 and uint2 are held in a byte each. */
import { TensorProto_DataType as Type } from 'onnx-buf';
import type { DataType } from '../tensor/tensor.ts';
import { elementType } from './elements.ts';

export interface NarrowType {
  /** Type that a graph in memory holds the numbers in. */
  readonly dtype: 'int8' | 'uint8';
  readonly bits: 2 | 4;
}

const NARROW = new Map<number, NarrowType>([
  [Type.UINT4, { dtype: 'uint8', bits: 4 }],
  [Type.INT4, { dtype: 'int8', bits: 4 }],
  [Type.UINT2, { dtype: 'uint8', bits: 2 }],
  [Type.INT2, { dtype: 'int8', bits: 2 }],
]);

/** @param number of an element type in ONNX files */
export const narrowType = (number: number): NarrowType | undefined => NARROW.get(number);

/** The type that numbers of this element type are held in; undefined for types that whylight does not work on. */
export const heldType = (number: number): DataType | undefined => elementType(number) ?? NARROW.get(number)?.dtype;

/** Smallest and largest number of the type. */
export function narrowRange({ dtype, bits }: NarrowType): readonly [low: number, high: number] {
  return dtype === 'uint8' ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

/**
 * Numbers, a byte each, of packed bytes whose low bits come first.
 * @param count of numbers; `packed` has `packedLength(count)` bytes
 */
export function unpackNarrow(packed: Uint8Array, count: number, { dtype, bits }: NarrowType): Uint8Array {
  const perByte = 8 / bits;
  const numbers = new Uint8Array(count);
  const sign = dtype === 'int8' ? 2 ** (bits - 1) : 0;
  for (let i = 0; i < count; i++) {
    const number = ((packed[Math.floor(i / perByte)] as number) >> ((i % perByte) * bits)) & (2 ** bits - 1);
    numbers[i] = (number ^ sign) - sign;
  }
  return numbers;
}

/** Bytes that so many numbers take in a file. */
export const packedLength = (count: number, { bits }: NarrowType): number => Math.ceil((count * bits) / 8);
