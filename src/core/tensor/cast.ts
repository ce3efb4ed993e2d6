/** Numbers of one element type as another. */
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './half.ts';
import { arrayType, type DataOf, type DataType, type Tensor } from './tensor.ts';

/** The same tensor when it has the type already. Fractions are cut for integer types; half floats are rounded to even. */
export function cast<D extends DataType>(source: Tensor, dtype: D): Tensor<D> {
  if (source.dtype === dtype) return source as Tensor<D>;
  const read = READ[source.dtype] ?? Number;
  const write = WRITE[dtype] ?? ((value: number) => value);
  const { data: from } = source;
  const data = new (arrayType(dtype))(from.length);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < from.length; i++) data[i] = BigInt(Math.trunc(read(from[i] as number)));
  } else {
    for (let i = 0; i < from.length; i++) data[i] = write(read(from[i] as number));
  }
  return { dtype, dims: source.dims, data: data as DataOf<D> };
}

type Conversion = (value: number) => number;
const READ: Partial<Record<DataType, Conversion>> = { float16: fromFloat16, bfloat16: fromBfloat16 };
const WRITE: Partial<Record<DataType, Conversion>> = {
  float16: toFloat16,
  bfloat16: toBfloat16,
  bool: (value) => (value ? 1 : 0),
};
