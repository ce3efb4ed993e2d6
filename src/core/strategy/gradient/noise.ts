/** Normal noise on inputs. */
import * as z from 'zod';
import { sizeInUnits } from '../../method/units.ts';
import type { Random } from '../../tensor/random.ts';
import type { Float32Tensors } from '../../tensor/rows.ts';
import { float32 } from '../../tensor/tensor.ts';

export const noiseParameters = {
  stdev_spread: z
    .number()
    .min(0)
    .max(10)
    .default(0.15)
    .describe('Standard deviation of the noise, as a share of the range (largest minus smallest value) of the input.'),
  stdevs: z
    .union([sizeInUnits, z.enum(['auto'])])
    .default('auto')
    .describe(
      'Standard deviation of the noise in the units of the input tensor; "auto" takes stdev_spread times the range.',
    ),
};

export interface NoiseParameters {
  readonly stdev_spread: number;
  readonly stdevs: number | 'auto';
}

/** The tensors with noise. Depends on the values, the seed and stream of `random`, and `offset` alone. */
export function withNoise(
  values: Float32Tensors,
  { stdev_spread, stdevs }: NoiseParameters,
  random: Random,
  offset = 0,
): Float32Tensors {
  let next = offset;
  return Object.fromEntries(
    Object.entries(values).map(([name, { dims, data }]) => {
      const deviation = stdevs === 'auto' ? stdev_spread * range(data) : stdevs;
      const noisy = random.normal(data.length, next);
      next += data.length;
      for (let i = 0; i < noisy.length; i++) noisy[i] = (data[i] as number) + deviation * (noisy[i] as number);
      return [name, float32(dims, noisy)];
    }),
  );
}

function range(data: Float32Array): number {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    const x = data[i] as number;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return high - low;
}
