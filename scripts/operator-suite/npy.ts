/** Reads NumPy's `.npy` format, versions 1 and 2, little-endian and in C order. */
import { constantData } from '../../src/core/onnx/constant.ts';
import type { DataType, Tensor } from '../../src/core/tensor/tensor.ts';

const TYPES: ReadonlyMap<string, DataType> = new Map([
  ['<f4', 'float32'],
  ['<f8', 'float64'],
  ['<f2', 'float16'],
  ['<i8', 'int64'],
  ['<i4', 'int32'],
  ['<i2', 'int16'],
  ['|i1', 'int8'],
  ['<u8', 'uint64'],
  ['<u4', 'uint32'],
  ['<u2', 'uint16'],
  ['|u1', 'uint8'],
  ['|b1', 'bool'],
]);

/** @throws Error when the array is in Fortran order or of a type that ONNX graphs here do not hold */
export function readNpy(file: Uint8Array): Tensor {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const wide = file[6] !== 1;
  const start = wide ? 12 : 10;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = new TextDecoder().decode(file.subarray(start, start + length));
  const dtype = TYPES.get(/'descr': '([^']+)'/.exec(header)?.[1] ?? '');
  const shape = /'shape': \(([^)]*)\)/.exec(header)?.[1];
  if (!dtype || shape === undefined || header.includes("'fortran_order': True")) {
    throw new Error(`Unsupported .npy header: ${header.trim()}`);
  }
  const dims = shape.split(',').flatMap((text) => (text.trim() === '' ? [] : [Number(text)]));
  const bytes = file.slice(start + length);
  return { dtype, dims, data: constantData({ dtype, dims, bytes }) };
}
