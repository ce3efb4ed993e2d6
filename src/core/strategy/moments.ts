/** Mean and variance of attributions that arrive one by one (Welford 1962). */
import type { Float32Tensors } from '../tensor/rows.ts';
import { float32 } from '../tensor/tensor.ts';

export class Moments {
  count = 0;
  private readonly sums = new Map<string, { dims: readonly number[]; mean: Float64Array; squares: Float64Array }>();

  /** @param sample the same names and shapes each time */
  add(sample: Float32Tensors): void {
    this.count += 1;
    for (const [name, { dims, data }] of Object.entries(sample)) {
      const { mean, squares } = this.of(name, dims, data.length);
      const { count } = this;
      for (let i = 0; i < data.length; i++) {
        const value = data[i] as number;
        const before = value - (mean[i] as number);
        const after = (mean[i] as number) + before / count;
        mean[i] = after;
        squares[i] = (squares[i] as number) + before * (value - after);
      }
    }
  }

  get mean(): Float32Tensors {
    return this.each(({ mean }) => mean);
  }

  /** Mean of the squares of the values. */
  get meanSquare(): Float32Tensors {
    return this.each(({ mean, squares }) => mean.map((m, i) => m * m + (squares[i] as number) / this.count));
  }

  /** Variance of the samples, without Bessel's correction. */
  get variance(): Float32Tensors {
    return this.each(({ squares }) => squares.map((square) => square / this.count));
  }

  /** Standard error of the mean, element by element; undefined before the second sample. */
  get standardErrors(): Float32Tensors | undefined {
    if (this.count < 2) return undefined;
    const divisor = (this.count - 1) * this.count;
    return this.each(({ squares }) => squares.map((square) => Math.sqrt(square / divisor)));
  }

  /** Standard error of the mean, as the root mean square over all elements; undefined before the second sample. */
  get standardError(): number | undefined {
    if (this.count < 2) return undefined;
    return this.rootMean(({ squares }, i) => (squares[i] as number) / (this.count - 1) / this.count);
  }

  /** {@link standardError} as a share of the mean's own root mean square; infinite before the second sample. */
  get relativeError(): number {
    const error = this.standardError;
    if (error === undefined) return Infinity;
    return error === 0 ? 0 : error / this.rootMean(({ mean }, i) => (mean[i] as number) ** 2);
  }

  private rootMean(term: (sums: { mean: Float64Array; squares: Float64Array }, i: number) => number): number {
    let [total, size] = [0, 0];
    for (const sums of this.sums.values()) {
      for (let i = 0; i < sums.mean.length; i++) total += term(sums, i);
      size += sums.mean.length;
    }
    return Math.sqrt(total / size);
  }

  private each(pick: (sums: { mean: Float64Array; squares: Float64Array }) => Float64Array): Float32Tensors {
    return Object.fromEntries([...this.sums].map(([name, sums]) => [name, float32(sums.dims, pick(sums))]));
  }

  private of(name: string, dims: readonly number[], size: number) {
    const known = this.sums.get(name);
    if (known) return known;
    const fresh = { dims, mean: new Float64Array(size), squares: new Float64Array(size) };
    this.sums.set(name, fresh);
    return fresh;
  }
}
