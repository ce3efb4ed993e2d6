/** Weighted mean of rows that arrive one by one, and how far the rows are spread around it. */
import type { Float32Tensors } from '../../tensor/rows.ts';
import { sizeOf, type Tensor, tensor } from '../../tensor/tensor.ts';

interface Sums {
  readonly dims: readonly number[];
  readonly values: Float64Array;
  /** Sums of the squares; empty unless the spread is needed. */
  readonly squares: Float64Array;
}

export class WeightedMean {
  /** Rows so far. */
  count = 0;
  private weight = 0;
  private readonly sums = new Map<string, Sums>();
  private readonly keepsSquares: boolean;

  constructor({ spread = false }: { readonly spread?: boolean } = {}) {
    this.keepsSquares = spread;
  }

  /** @param row of tensors that have the same names and row shapes each time */
  add(rows: Float32Tensors, row: number, weight: number): void {
    this.count += 1;
    this.weight += weight;
    for (const [name, tensor] of Object.entries(rows)) {
      const { values, squares } = this.of(name, tensor);
      const data = tensor.data.subarray(row * values.length, (row + 1) * values.length);
      if (this.keepsSquares) addWithSquares(data, weight, values, squares);
      else for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) + weight * (data[i] as number);
    }
  }

  get values(): Float32Tensors {
    return Object.fromEntries(
      [...this.sums].map(([name, { dims, values }]) => {
        const mean = tensor('float32', dims);
        for (let i = 0; i < values.length; i++) mean.data[i] = (values[i] as number) / this.weight;
        return [name, mean];
      }),
    );
  }

  /**
   * Standard error of the mean, times `factors`, were the rows drawn at random: the root mean square over all elements
   * of the standard error; undefined before the second row.
   */
  standardError(factors?: (name: string) => (element: number) => number): number | undefined {
    if (!this.keepsSquares || this.count < 2) return undefined;
    let [total, size] = [0, 0];
    for (const [name, { values, squares }] of this.sums) {
      const factor = factors?.(name) ?? (() => 1);
      for (let i = 0; i < values.length; i++) {
        const variance = (squares[i] as number) / this.weight - ((values[i] as number) / this.weight) ** 2;
        total += Math.max(0, variance) * factor(i) ** 2;
      }
      size += values.length;
    }
    return Math.sqrt(total / size / (this.count - 1));
  }

  /** The mean's product with `factors`, summed. */
  dot(factors: (name: string) => (element: number) => number): number {
    let sum = 0;
    for (const [name, { values }] of this.sums) {
      const factor = factors(name);
      for (let i = 0; i < values.length; i++) sum += (values[i] as number) * factor(i);
    }
    return sum / this.weight;
  }

  private of(name: string, { dims }: Tensor): Sums {
    const known = this.sums.get(name);
    if (known) return known;
    const size = sizeOf(dims.slice(1));
    const fresh = {
      dims: [1, ...dims.slice(1)],
      values: new Float64Array(size),
      squares: new Float64Array(this.keepsSquares ? size : 0),
    };
    this.sums.set(name, fresh);
    return fresh;
  }
}

function addWithSquares(data: Float32Array, weight: number, values: Float64Array, squares: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    const value = data[i] as number;
    const weighted = weight * value;
    values[i] = (values[i] as number) + weighted;
    squares[i] = (squares[i] as number) + weighted * value;
  }
}
