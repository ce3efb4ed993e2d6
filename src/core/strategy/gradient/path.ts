/** Gradients along the straight line from a baseline to the input. */
import type { ExplainContext } from '../../method/contract.ts';
import type { Nodes } from '../../tensor/gauss-legendre.ts';
import type { Float32Tensors, Inputs } from '../../tensor/rows.ts';
import { float32 } from '../../tensor/tensor.ts';
import { inPortions, type Portion } from '../inner-method/progress.ts';
import { withSources } from './sources.ts';
import { WeightedMean } from './weighted-mean.ts';

export interface PathOptions {
  /** Name of one of the method's graphs; its first when left out. */
  readonly graph?: string;
  /** Told ten times or so on the way. */
  readonly partial?: (gradients: WeightedMean) => void;
  /** Asked after each node whether that is precise enough. */
  readonly enough?: (gradients: WeightedMean) => boolean;
}

/** The weighted mean of the gradients at the nodes of the line, 0 being the baseline and 1 the input. */
export const integrateGradients = <P>(
  ctx: ExplainContext<P>,
  from: Float32Tensors,
  to: Float32Tensors,
  { alphas, weights }: Nodes,
  options?: PathOptions,
): Promise<Float32Tensors> => {
  const buffers: readonly Buffers[] = [{}, {}];
  const rows = (nodes: readonly number[], slot: 0 | 1): Inputs => {
    const positions = nodes.map((node) => alphas[node] as number);
    return withSources(ctx.inputs, onLine(from, to, positions, buffers[slot]));
  };
  return meanAlong(ctx, weights, rows, options);
};

/**
 * The weighted mean of what the graph gives as gradients at the nodes of a path. Rows are made in portions of the engine's
 * batch, nodes are taken from all over the path from the start, so that what is known early is rough but not one-sided.
 * @param rows what is evaluated at these nodes; see {@link Portion.slot}
 */
export async function meanAlong<P>(
  ctx: ExplainContext<P>,
  weights: ArrayLike<number>,
  rows: (nodes: readonly number[], slot: 0 | 1) => Inputs,
  { graph, partial, enough }: PathOptions = {},
): Promise<Float32Tensors> {
  const mean = new WeightedMean({ spread: partial !== undefined && weights.length > ctx.batchSize });
  const order = spreadOut(weights.length);
  const nodesOf = ({ first, count }: Portion): number[] => order.slice(first, first + count);
  await inPortions(
    ctx,
    order.length,
    (portion) => rows(nodesOf(portion), portion.slot),
    ({ gradients }, portion) => {
      for (const [row, node] of nodesOf(portion).entries()) {
        mean.add(gradients, row, weights[node] as number);
        if (enough?.(mean)) return true;
      }
      if (portion.milestone) partial?.(mean);
      return false;
    },
    graph === undefined ? {} : { graph },
  );
  return mean.values;
}

/** Arrays of rows that are written again and again: new ones cost more than what is written into them. */
export type Buffers = Record<string, Float32Array>;

/**
 * One row for each position.
 * @param buffers where to write; what is there of earlier rows is lost
 */
export function onLine(
  from: Float32Tensors,
  to: Float32Tensors,
  alphas: readonly number[],
  buffers: Buffers = {},
): Float32Tensors {
  return Object.fromEntries(
    Object.entries(to).map(([name, { dims, data }]) => {
      const start = from[name]?.data as Float32Array;
      const size = alphas.length * data.length;
      if ((buffers[name]?.length ?? 0) < size) buffers[name] = new Float32Array(size);
      const all = (buffers[name] as Float32Array).subarray(0, size);
      for (const [row, position] of alphas.entries()) {
        // In the precision of the rows, as other libraries do: a point near a kink then falls on the same side of it.
        between(start, data, Math.fround(position), all.subarray(row * data.length, (row + 1) * data.length));
      }
      return [name, float32([alphas.length, ...dims.slice(1)], all)];
    }),
  );
}

/** By itself, so that it is compiled early. */
function between(start: Float32Array, end: Float32Array, alpha: number, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) {
    const begin = start[i] as number;
    out[i] = begin + alpha * ((end[i] as number) - begin);
  }
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
