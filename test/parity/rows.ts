/** Single examples of batches. */
import { sizeOf, type Tensor, tensor } from '../../src/core/tensor/tensor.ts';

/** Example `i` of a batch, as a batch of one. */
export function row({ dtype, dims, data }: Tensor, i: number): Tensor {
  const size = sizeOf(dims.slice(1));
  return tensor(dtype, [1, ...dims.slice(1)], data.slice(i * size, (i + 1) * size) as never);
}
