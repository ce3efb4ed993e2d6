/** One comparison with somebody else's numbers: what to run, what to expect, how far it may be off. */
import type { Explainer } from '../../src/core/explainer/explainer.ts';
import type { Method } from '../../src/core/method/contract.ts';
import type { Model } from '../../src/core/model/model.ts';
import type { TargetRequest } from '../../src/core/model/target-request.ts';
import type { Inputs } from '../../src/core/tensor/rows.ts';

/** A saliency method and how to call it, so that it computes the same as an entry of the reference. */
export interface Recipe {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** The tensor whose elements are explained, where it is not the logits. */
  readonly scores?: string;
  /** The method with the draws of this example, where a reference has recorded them. */
  readonly recorded?: (example: number) => Method;
  /** Parameters of several calls whose values are the parts of one array, along its second axis. */
  readonly parts?: readonly NonNullable<Recipe['params']>[];
  /** Transformation of an attribution before it is compared; none when left out. */
  readonly finish?: (values: Float32Array, shape: readonly number[], expected: readonly number[]) => Float32Array;
}

/** One example: a single row of each input. */
export interface Example {
  readonly inputs: Inputs;
  /** One row of each; the recipe's parameter says the rest. */
  readonly baselines?: Inputs;
  readonly target: TargetRequest;
  /** In place of the built-in method of the same id. */
  readonly own?: Method;
  /** Parameters that are this example's own, such as its feature mask. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** By the name of the input or inner tensor; `*` stands for the only one. */
  readonly expected: Readonly<Record<string, Expected>>;
  /** The attributions must add up to this. */
  readonly sum?: number;
  /** Largest allowed convergence delta, as the method states it. */
  readonly convergenceDelta?: number;
}

export interface Expected {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/**
 * Distance to the expected numbers: relative L2 norm, sum or maximum of the absolute differences,
 * or the maximum relative to the largest expected value (at least 1).
 */
export type Norm = 'l2' | 'sum' | 'max' | 'scaled_max';

export interface Comparison {
  readonly model: string;
  readonly entry: string;
  /** Reason why it cannot be run. */
  readonly skip?: string;
  readonly recipe?: Recipe;
  /** Condition in place of an expected attribution: its violation, one number for each thing checked. */
  readonly check?: (explainer: Explainer) => Promise<readonly number[]>;
  /** Methods that {@link check} runs. */
  readonly methods?: readonly string[];
  readonly load?: () => Promise<Model>;
  readonly examples: () => Promise<readonly Example[]>;
  readonly norm: Norm;
  readonly tolerance: number;
}

/** Something that has to hold to within the tolerance. */
export const checked = (
  model: string,
  entry: string,
  { check, methods, tolerance }: Required<Pick<Comparison, 'check' | 'methods' | 'tolerance'>>,
): Comparison => ({ model, entry, check, methods, tolerance, examples: async () => [], norm: 'max' });

/** A comparison that cannot be run, and why. */
export const skipped = (model: string, entry: string, reason: string): Comparison => ({
  model,
  entry,
  skip: reason,
  examples: async () => [],
  norm: 'max',
  tolerance: 0,
});

/** Distance between two arrays of the same length; infinite when a number is missing. */
export function distance(norm: Norm, actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [sum, squares, most, size, largest] = [0, 0, 0, 0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i] as number, expected[i] as number];
    if (!Number.isFinite(a)) return Infinity;
    const off = Math.abs(a - e);
    sum += off;
    squares += off * off;
    most = Math.max(most, off);
    size += e * e;
    largest = Math.max(largest, Math.abs(e));
  }
  if (norm === 'sum') return sum;
  if (norm === 'max') return most;
  if (norm === 'scaled_max') return most / Math.max(1, largest);
  // A map of zeros has no relative error: fall back on the absolute one.
  return Math.sqrt(squares) / (size > 0 ? Math.sqrt(size) : 1);
}

/** Number of elements that differ by more than a thousandth of the largest expected one: a flipped ReLU shows here. */
export function outliers(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i] as number));
  let count = 0;
  for (let i = 0; i < expected.length; i++) {
    if (!(Math.abs((actual[i] as number) - (expected[i] as number)) <= 1e-3 * largest)) count++;
  }
  return count;
}
