/** The numbers by which ONNX files name element types. */
import { TensorProto_DataType as Type } from 'onnx-buf';
import type { DataType } from '../tensor/tensor.ts';

const NUMBERS: Readonly<Record<DataType, number>> = {
  float32: Type.FLOAT,
  float64: Type.DOUBLE,
  float16: Type.FLOAT16,
  bfloat16: Type.BFLOAT16,
  int64: Type.INT64,
  uint64: Type.UINT64,
  int32: Type.INT32,
  uint32: Type.UINT32,
  int16: Type.INT16,
  uint16: Type.UINT16,
  int8: Type.INT8,
  uint8: Type.UINT8,
  bool: Type.BOOL,
};

const TYPES = new Map<number, DataType>(Object.entries(NUMBERS).map(([type, number]) => [number, type as DataType]));

/** The number of `dtype`, also in attributes such as Cast's `to`. */
export const elementNumber = (dtype: DataType): number => NUMBERS[dtype];

/** Undefined for types that whylight does not work on: text, complex numbers, less than a byte. */
export const elementType = (number: number): DataType | undefined => TYPES.get(number);

/** The number of a type by ONNX's name for it, such as `FLOAT`; undefined for types that whylight does not work on. */
export function numberOfName(name: string): number | undefined {
  const entry = Object.entries(Type).find(([own]) => own === name.toUpperCase());
  return typeof entry?.[1] === 'number' && TYPES.has(entry[1]) ? entry[1] : undefined;
}

/** For messages: what ONNX calls the type. */
export const elementName = (number: number): string => (Type[number] ?? `number ${number}`).toLowerCase();
