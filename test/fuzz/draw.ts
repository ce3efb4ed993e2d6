/** Seeded choices for mutations. */
import { Random } from '../../src/core/tensor/random.ts';

/** Draws from one stream of a seed; the same seed and run always give the same choices. */
export class Draw {
  private readonly random: Random;
  private drawn = 0;

  constructor(seed: number, run: number) {
    this.random = new Random(seed, run);
  }

  /** An integer from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor((this.random.uniform(1, this.drawn++)[0] as number) * count);
  }

  /** True with the probability 1 / `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of the values, of which there is at least one. */
  from<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}
