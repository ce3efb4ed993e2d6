/** Spreading of tensors over larger shapes. */
import { type DataType, sizeOf, type Tensor, tensor } from './tensor.ts';

/** True if every dim, counted from the last, is that of `dims` or 1. */
export const broadcasts = (own: readonly number[], dims: readonly number[]): boolean =>
  own.length <= dims.length && own.every((dim, i) => dim === 1 || dim === dims[dims.length - own.length + i]);

/** The tensor at a larger shape: axes in front are added, and an axis of dim 1 is repeated, as NumPy does. */
export function broadcastTo<D extends DataType>({ dtype, dims, data }: Tensor<D>, shape: readonly number[]): Tensor<D> {
  const own = [...new Array<number>(shape.length - dims.length).fill(1), ...dims];
  const strides = own.map((dim, axis) => (dim === 1 ? 0 : sizeOf(own.slice(axis + 1))));
  const all = tensor(dtype, shape);
  for (let i = 0; i < all.data.length; i++) {
    let [rest, at] = [i, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const dim = shape[axis] as number;
      at += (rest % dim) * (strides[axis] as number);
      rest = Math.floor(rest / dim);
    }
    all.data[i] = data[at] as never;
  }
  return all;
}
