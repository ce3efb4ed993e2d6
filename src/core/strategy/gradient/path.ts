/** Gradients along the straight line from a baseline to the input. */
import type { ExplainContext, Float32Tensors } from '../../method/contract.ts';
import { emptyRows } from '../../tensor/rows.ts';
import { float32 } from '../../tensor/tensor.ts';
import { withSources } from './sources.ts';

/**
 * The weighted sum of the gradients at positions `alphas` of the line, 0 being the baseline and 1 the input. Rows are made
 * in portions of the engine's batch.
 * @param graph which of the method's graphs; its first when left out
 */
export async function integrateGradients<P>(
  ctx: ExplainContext<P>,
  from: Float32Tensors,
  to: Float32Tensors,
  { alphas, weights }: { readonly alphas: ArrayLike<number>; readonly weights: ArrayLike<number> },
): Promise<Float32Tensors> {
  const sums = Object.fromEntries(Object.entries(to).map(([name, { data }]) => [name, new Float64Array(data.length)]));
  for (let first = 0; first < alphas.length; first += ctx.batchSize) {
    const portion = Array.from(alphas).slice(first, first + ctx.batchSize);
    const { gradients } = await ctx.evaluate(withSources(ctx.inputs, onLine(from, to, portion)));
    for (const [name, sum] of Object.entries(sums)) {
      const rows = gradients[name]?.data as Float32Array;
      for (let i = 0; i < rows.length; i++) {
        const weight = weights[first + Math.floor(i / sum.length)] as number;
        sum[i % sum.length] = (sum[i % sum.length] as number) + weight * (rows[i] as number);
      }
    }
  }
  return Object.fromEntries(Object.entries(to).map(([name, { dims }]) => [name, float32(dims, sums[name])]));
}

/** One row for each position. */
export function onLine(from: Float32Tensors, to: Float32Tensors, alphas: readonly number[]): Float32Tensors {
  return Object.fromEntries(
    Object.entries(to).map(([name, { dims, data }]) => {
      const start = from[name]?.data as Float32Array;
      const rows = emptyRows('float32', alphas.length, dims.slice(1));
      for (const [row, position] of alphas.entries()) {
        // In the precision of the rows, as other libraries do: a point near a kink then falls on the same side of it.
        const alpha = Math.fround(position);
        for (let i = 0; i < data.length; i++) {
          const begin = start[i] as number;
          rows.data[row * data.length + i] = begin + alpha * ((data[i] as number) - begin);
        }
      }
      return [name, rows];
    }),
  );
}
