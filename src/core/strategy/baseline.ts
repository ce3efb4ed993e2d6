/** What stands for "nothing there": the value that features are replaced by, or that a path starts from. */
import { z } from 'zod';
import type { Inputs, TensorInfo } from '../method/contract.ts';
import { cast } from '../tensor/cast.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';

export const baselineParameter = z
  .union([z.number(), z.enum(['mean'])])
  .default(0)
  .describe(
    'What stands for an absent feature: a number in the units of the input tensor, or the mean of each channel.',
  );

export type Baseline = z.output<typeof baselineParameter>;

/** The baseline of one row of an input, in its type and shape: what the request gives, or what the parameter says. */
export function baselineOf<T extends Tensor>(row: T, info: TensorInfo, baseline: Baseline, given: Inputs = {}): T {
  const own = given[info.name];
  if (own) return cast(own, row.dtype) as T;
  const filled = tensor(row.dtype, row.dims);
  const { data } = filled;
  if (baseline !== 'mean') {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.fill(BigInt(Math.trunc(baseline)));
    else data.fill(baseline);
    return filled as T;
  }
  const { channels, channelOf } = channelsOf(row.dims.slice(1), info.channelAxis);
  const sums = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) sums[channelOf(i)] = (sums[channelOf(i)] as number) + Number(row.data[i]);
  for (let i = 0; i < data.length; i++) {
    const mean = ((sums[channelOf(i)] as number) * channels) / data.length;
    data[i] = data instanceof BigInt64Array || data instanceof BigUint64Array ? BigInt(Math.trunc(mean)) : mean;
  }
  return filled as T;
}

/** Which channel an element of a row belongs to; a row without channels is one channel. */
export function channelsOf(
  dims: readonly number[],
  axis: number | undefined,
): { channels: number; channelOf(element: number): number } {
  if (axis === undefined) return { channels: 1, channelOf: () => 0 };
  const channels = dims[axis] as number;
  const stride = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  return { channels, channelOf: (element) => Math.floor(element / stride) % channels };
}
