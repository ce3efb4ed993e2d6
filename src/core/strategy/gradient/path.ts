/** Gradients along the straight line from a baseline to the input. */
import type { ExplainContext, Float32Tensors } from '../../method/contract.ts';
import { emptyRows } from '../../tensor/rows.ts';
import type { Nodes } from './quadrature.ts';
import { withSources } from './sources.ts';
import { WeightedMean } from './weighted-mean.ts';

export interface PathOptions {
  /** Which of the method's graphs; its first when left out. */
  readonly graph?: string;
  /** Told after each portion but the last. */
  readonly partial?: (gradients: WeightedMean) => void;
  /** Asked after each node whether that is precise enough. */
  readonly enough?: (gradients: WeightedMean) => boolean;
}

/**
 * The weighted mean of the gradients at the nodes of the line, 0 being the baseline and 1 the input. Rows are made in
 * portions of the engine's batch, nodes are taken from all over the line from the start, so that what is known early is
 * rough but not one-sided.
 */
export async function integrateGradients<P>(
  ctx: ExplainContext<P>,
  from: Float32Tensors,
  to: Float32Tensors,
  { alphas, weights }: Nodes,
  { graph, partial, enough }: PathOptions = {},
): Promise<Float32Tensors> {
  const portionSize = Math.max(1, ctx.batchSize);
  const mean = new WeightedMean({ spread: partial !== undefined && alphas.length > portionSize });
  const order = spreadOut(alphas.length);
  for (let first = 0; first < order.length; first += portionSize) {
    const portion = order.slice(first, first + portionSize);
    const rows = onLine(
      from,
      to,
      portion.map((node) => alphas[node] as number),
    );
    const { gradients } = await ctx.evaluate(withSources(ctx.inputs, rows), graph === undefined ? {} : { graph });
    for (const [row, node] of portion.entries()) {
      mean.add(gradients, row, weights[node] as number);
      if (enough?.(mean)) return mean.values;
    }
    if (first + portionSize < order.length) partial?.(mean);
  }
  return mean.values;
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
        const line = rows.data.subarray(row * data.length, (row + 1) * data.length);
        for (let i = 0; i < line.length; i++) {
          const begin = start[i] as number;
          line[i] = begin + alpha * ((data[i] as number) - begin);
        }
      }
      return [name, rows];
    }),
  );
}

/** 0 to `count - 1`, those that halve the widest gap first (van der Corput). */
function spreadOut(count: number): number[] {
  const inverse = (index: number): number => {
    let [value, digit] = [0, 0.5];
    for (let rest = index; rest > 0; rest >>= 1) {
      value += (rest & 1) * digit;
      digit /= 2;
    }
    return value;
  };
  return Array.from({ length: count }, (_, i) => i).sort((a, b) => inverse(a) - inverse(b));
}
