/** Baseline: the value of absent features, and the start of paths. */

import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import { gaussianBlur } from '../image/blur.ts';
import { units } from '../method/units.ts';
import type { TensorInfo } from '../model/info.ts';
import { cast } from '../tensor/cast.ts';
import type { Inputs } from '../tensor/rows.ts';
import { rowsOf } from '../tensor/rows.ts';
import { sizeOf, type Tensor, tensor } from '../tensor/tensor.ts';

/**
 * Schema of the parameter `baseline`: a number in the units of the input tensor, `mean` of each channel, or `blur`; 0
 * by default.
 *
 * @example
 * import { baselineParameter, z } from 'whylight/plugin';
 * const params = z.object({ baseline: baselineParameter });
 */
export const baselineParameter = z
  .union([units, z.enum(['mean', 'blur'])])
  .default(0)
  .describe(
    'What stands for an absent feature: a number in the units of the input tensor, the mean of each channel, or the input blurred (the mean where there is nothing to blur along).',
  );

/** Standard deviation of the blur, as a share of the longest spatial axis: enough to leave nothing to recognise. */
const BLUR = 1 / 16;

export type Baseline = z.output<typeof baselineParameter>;

/**
 * Makes the baseline of one row of an input, in its dtype and shape: the one that the request gives, or else the
 * one that the parameter describes.
 * @param given baselines of the request by input name (`ctx.baselines`)
 * @throws WhylightError `invalid_request` when the request gives several rows for the input
 *
 * @example
 * import { baselineOf, type Tensor } from 'whylight/plugin';
 * const baselines = ctx.model.inputs.map((info) =>
 *   baselineOf(ctx.inputs[info.name] as Tensor, info, ctx.params.baseline, ctx.baselines),
 * );
 */
export function baselineOf<T extends Tensor>(row: T, info: TensorInfo, baseline: Baseline, given: Inputs = {}): T {
  const own = given[info.name];
  if (own && rowsOf(own) > 1) {
    throw new WhylightError(
      'invalid_request',
      `This method starts from one baseline, but ${rowsOf(own)} rows were given for "${info.name}": give one, or use gradient_shap or deep_lift_shap.`,
      { input: info.name, rows: rowsOf(own) },
    );
  }
  if (own) return cast(own, row.dtype) as T;
  if (baseline === 'blur' && info.channelAxis !== undefined && row.dtype === 'float32') {
    const axes = row.dims
      .map((_, axis) => axis)
      .filter((axis) => axis > 0 && axis !== (info.channelAxis as number) + 1);
    const sigma = Math.max(...axes.map((axis) => row.dims[axis] as number)) * BLUR;
    return gaussianBlur(row as Tensor<'float32'>, sigma, { axes }) as T;
  }
  const filled = tensor(row.dtype, row.dims);
  const { data } = filled;
  if (typeof baseline === 'number') {
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

/** Channel of each element of a row; a row without channels is one channel. */
export function channelsOf(
  dims: readonly number[],
  axis: number | undefined,
): { channels: number; channelOf(element: number): number } {
  if (axis === undefined) return { channels: 1, channelOf: () => 0 };
  const channels = dims[axis] as number;
  const stride = sizeOf(dims.slice(axis + 1));
  return { channels, channelOf: (element) => Math.floor(element / stride) % channels };
}
