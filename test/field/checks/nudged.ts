/** Inputs moved by about their own rounding: how far that moves a result is the error of single precision in it. */
import { cast } from '../../../src/core/tensor/cast.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import type { Inputs } from '../../../src/core/tensor/rows.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';

/** The inputs with the elements of one moved at random by at most a share of their size. */
export function nudged(inputs: Inputs, name: string, step: number, seed = 1): Inputs {
  const value = inputs[name];
  if (step === 0 || value?.dtype !== 'float32') return inputs;
  const noise = new Random(seed).uniform(value.data.length);
  const moved = Float32Array.from(cast(value, 'float32').data, (x, i) => x * (1 + step * (2 * (noise[i] ?? 0) - 1)));
  return { ...inputs, [name]: float32(value.dims, moved) };
}
