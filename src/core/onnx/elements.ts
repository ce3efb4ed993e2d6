/**
 * The numbers by which ONNX files name element types: `TensorProto.DataType` of the format, written down here so that
 * programs that read no file need not carry its library.
 */
import type { DataType } from '../tensor/tensor.ts';

/** Names by number. */
const NAMES = [
  ...['UNDEFINED', 'FLOAT', 'UINT8', 'INT8', 'UINT16', 'INT16', 'INT32', 'INT64', 'STRING', 'BOOL'],
  ...['FLOAT16', 'DOUBLE', 'UINT32', 'UINT64', 'COMPLEX64', 'COMPLEX128', 'BFLOAT16'],
  ...['FLOAT8E4M3FN', 'FLOAT8E4M3FNUZ', 'FLOAT8E5M2', 'FLOAT8E5M2FNUZ', 'UINT4', 'INT4', 'FLOAT4E2M1'],
  ...['FLOAT8E8M0', 'UINT2', 'INT2'],
];

const NUMBERS: Readonly<Record<DataType, number>> = {
  float32: NAMES.indexOf('FLOAT'),
  float64: NAMES.indexOf('DOUBLE'),
  float16: NAMES.indexOf('FLOAT16'),
  bfloat16: NAMES.indexOf('BFLOAT16'),
  int64: NAMES.indexOf('INT64'),
  uint64: NAMES.indexOf('UINT64'),
  int32: NAMES.indexOf('INT32'),
  uint32: NAMES.indexOf('UINT32'),
  int16: NAMES.indexOf('INT16'),
  uint16: NAMES.indexOf('UINT16'),
  int8: NAMES.indexOf('INT8'),
  uint8: NAMES.indexOf('UINT8'),
  bool: NAMES.indexOf('BOOL'),
};

const TYPES = new Map<number, DataType>(Object.entries(NUMBERS).map(([type, number]) => [number, type as DataType]));

/** The number of `dtype`, also in attributes such as Cast's `to`. */
export const elementNumber = (dtype: DataType): number => NUMBERS[dtype];

/** Undefined for types that whylight does not work on: text, complex numbers, less than a byte. */
export const elementType = (number: number): DataType | undefined => TYPES.get(number);

/** The number of a type by ONNX's name for it, such as `FLOAT`; undefined for types that whylight does not work on. */
export function numberOfName(name: string): number | undefined {
  const number = NAMES.indexOf(name.toUpperCase());
  return TYPES.has(number) ? number : undefined;
}

/** For messages: what ONNX calls the type. */
export const elementName = (number: number): string => (NAMES[number] ?? `number ${number}`).toLowerCase();
