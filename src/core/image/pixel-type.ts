/** Pixels for inputs of whole numbers. */
import { arrayType, type DataType, isInteger, type Tensor } from '../tensor/tensor.ts';

/** Largest and smallest value by element type, for those that a pixel may leave. */
const RANGES: Readonly<Partial<Record<DataType, readonly [min: number, max: number]>>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65_535],
  int16: [-32_768, 32_767],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

/** Scale and mean by which pixels, 0 to 255, become whole numbers of this type; none for other types. */
export const pixelScale = (dtype: DataType): { readonly scale?: number; readonly mean?: number } =>
  isInteger(dtype) ? { scale: 1, ...(dtype === 'int8' && { mean: 128 }) } : {};

/** The tensor of an image in the type of an input: whole numbers are rounded, and stay within the type. */
export function asInputType(image: Tensor<'float32'>, dtype: DataType): Tensor {
  if (!isInteger(dtype)) return image;
  const [min, max] = RANGES[dtype] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const data = new (arrayType(dtype))(image.data.length);
  for (let i = 0; i < data.length; i++) {
    const value = Math.min(max, Math.max(min, Math.round(image.data[i] as number)));
    data[i] = (data instanceof BigInt64Array || data instanceof BigUint64Array ? BigInt(value) : value) as never;
  }
  return { dtype, dims: image.dims, data } as Tensor;
}
