/** Shapley values by weighted regression, from scores that come one after another. */
import { cholesky, solveCholesky } from '../../tensor/least-squares.ts';
import { sumOf } from '../../tensor/sum.ts';
import type { WeightedCoalitions } from './coalitions.ts';

/** Random coalitions are told apart by groups; leaving out one group after the other says how far the values are off. */
const GROUPS = 8;
const MIN_GROUPS = 4;
/** With more features, a matrix for each group takes too much memory and time: no standard error then. */
const MAX_GROUPED = 256;

interface Sums {
  /** `sum w x x^T`; the lower triangle. */
  readonly gram: Float64Array;
  /** `sum w y x` */
  readonly moment: Float64Array;
}

export interface ShapleyEstimate {
  readonly values: Float64Array;
  /** Root mean square over the features; 0 when every coalition was seen, undefined while nothing is known of it. */
  readonly standardError?: number;
  /** Standard error of each value; known where `standardError` is. */
  readonly errors?: Float64Array;
}

export class KernelFit {
  private readonly coalitions: WeightedCoalitions;
  private readonly empty: number;
  private readonly full: number;
  private readonly whole: Sums;
  private readonly groups: readonly Sums[];
  private sampled = 0;

  /** @param scores of the empty and of the full coalition */
  constructor(coalitions: WeightedCoalitions, { empty, full }: { readonly empty: number; readonly full: number }) {
    this.coalitions = coalitions;
    this.empty = empty;
    this.full = full;
    const { features, count, exhaustive } = coalitions;
    this.whole = sums(features);
    const groups = exhaustive === count ? 0 : features <= MAX_GROUPED ? GROUPS : 1;
    this.groups = Array.from({ length: groups }, () => sums(features));
  }

  /** The score of coalition `index`; in order. */
  add(index: number, score: number): void {
    const { features, present, weights, exhaustive } = this.coalitions;
    const drawn = index - exhaustive;
    if (drawn >= 0) this.sampled += 1;
    // A coalition and its complement are drawn together, and so belong to one group.
    const { gram, moment } = drawn < 0 ? this.whole : (this.groups[(drawn >> 1) % this.groups.length] as Sums);
    const weight = weights[index] as number;
    const start = index * features;
    const gain = weight * (score - this.empty);
    const members: number[] = [];
    for (let j = 0; j < features; j++) {
      if (!present[start + j]) continue;
      members.push(j);
      moment[j] = (moment[j] as number) + gain;
      const row = j * features;
      for (const k of members) gram[row + k] = (gram[row + k] as number) + weight;
    }
  }

  /** True where an estimate takes too long to be made more than once. */
  get isSlow(): boolean {
    return this.coalitions.features > MAX_GROUPED;
  }

  estimate(): ShapleyEstimate {
    const { features, count: all, exhaustive } = this.coalitions;
    if (features === 1) return exact(Float64Array.of(this.full - this.empty));
    const drawn = all - exhaustive;
    if (drawn === 0) return exact(this.solve([]));
    const used = this.groups.slice(0, Math.ceil(this.sampled / 2));
    // The weights of the drawn ones add up to what they stand for when all are there.
    const values = this.solve(used, drawn / this.sampled);
    const count = used.length;
    if (count < MIN_GROUPS) return { values };
    const without = used.map((_, left) =>
      this.solve(
        used.filter((_, g) => g !== left),
        ((drawn / this.sampled) * count) / (count - 1),
      ),
    );
    const errors = Float64Array.from({ length: features }, (_, j) => {
      const mean = without.reduce((total, one) => total + (one[j] as number), 0) / count;
      const squares = without.reduce((total, one) => total + ((one[j] as number) - mean) ** 2, 0);
      return Math.sqrt(((count - 1) / count) * squares);
    });
    const variance = errors.reduce((total, error) => total + error * error, 0);
    return { values, errors, standardError: Math.sqrt(variance / features) };
  }

  /** The coefficients that add up to what the full coalition has over the empty one. */
  private solve(groups: readonly Sums[], scale = 1): Float64Array {
    const { features } = this.coalitions;
    const { gram, moment } = sums(features, this.whole);
    for (const group of groups) {
      for (let i = 0; i < gram.length; i++) gram[i] = (gram[i] as number) + scale * (group.gram[i] as number);
      for (let j = 0; j < features; j++) moment[j] = (moment[j] as number) + scale * (group.moment[j] as number);
    }
    const lower = cholesky(gram, features);
    const free = solveCholesky(lower, features, moment);
    const ones = solveCholesky(lower, features, new Float64Array(features).fill(1));
    // The Lagrange multiplier of the constraint.
    const excess = (sumOf(free) - (this.full - this.empty)) / sumOf(ones);
    return free.map((value, i) => value - excess * (ones[i] as number));
  }
}

/** An estimate without an error. */
const exact = (values: Float64Array): ShapleyEstimate => ({
  values,
  errors: new Float64Array(values.length),
  standardError: 0,
});

const sums = (features: number, { gram, moment }: Partial<Sums> = {}): Sums => ({
  gram: gram?.slice() ?? new Float64Array(features * features),
  moment: moment?.slice() ?? new Float64Array(features),
});
