/** Sampling of coalitions of features, and the regression that turns their scores into Shapley values. */
import { WhylightError } from '../../errors.ts';
import type { Random } from '../../tensor/random.ts';

/** A regression over d features takes d^2 memory and d^3 time: 8 MiB and a second for this many. */
const MAX_FEATURES = 1024;
/** Bytes of the coalitions of one explanation, one for each feature of each coalition. */
const MAX_COALITION_BYTES = 2 ** 27;

/** @throws WhylightError `invalid_request` when there are more features than the method can take */
export function checkFeatures(method: string, features: number, most = MAX_FEATURES): number {
  if (features <= most) return features;
  throw new WhylightError(
    'invalid_request',
    `${method} takes at most ${most} features, here are ${features}: group them with feature_mask (a coarser grid, fewer segments, or a mask of your own).`,
    { issues: [{ parameter: 'feature_mask', message: `gives ${features} features, at most ${most} are possible` }] },
  );
}

/**
 * Checks that the coalitions of an explanation fit into memory.
 * @throws WhylightError `invalid_request`
 */
export function checkCoalitions(method: string, features: number, count: number): number {
  const most = Math.floor(MAX_COALITION_BYTES / features);
  if (count <= most) return count;
  const message = `is ${count}, but ${method} takes at most ${most} with ${features} features: lower it, or group the features with feature_mask.`;
  throw new WhylightError('invalid_request', `Parameter "n_samples" ${message}`, {
    issues: [{ parameter: 'n_samples', message }],
  });
}

/** 2^features, or Infinity where that is beyond counting. */
export const coalitionCount = (features: number): number => (features < 50 ? 2 ** features : Infinity);

export interface WeightedCoalitions {
  readonly features: number;
  readonly count: number;
  /** 1 for a feature that is there; row by row. */
  readonly present: Uint8Array;
  readonly weights: Float64Array;
  /** So many at the front are all coalitions of their sizes; those behind were drawn, each followed by its complement. */
  readonly exhaustive: number;
}

/** Coalitions that {@link kernelCoalitions} gives: all that are neither empty nor full, if there are no more than `most`. */
export const kernelCoalitionCount = (features: number, most: number): number =>
  Math.min(most, coalitionCount(features) - 2);

/** Weight of a coalition size in KernelSHAP, before it is shared among the coalitions of that size. */
export const kernelSizeWeight = (features: number, size: number): number => (features - 1) / (size * (features - size));

/**
 * Coalitions for KernelSHAP (Lundberg and Lee 2017, theorem 2), neither empty nor full. Sizes 1 and d-1, then 2 and d-2
 * and so on are taken whole while they fit; what is left of the budget goes to random coalitions of the sizes between,
 * each with its complement. A budget of 2^d - 2 takes all of them, which makes the Shapley values exact.
 */
export function kernelCoalitions(features: number, most: number, random: Random): WeightedCoalitions {
  const count = Math.max(0, kernelCoalitionCount(features, most));
  const present = new Uint8Array(count * features);
  const weights = new Float64Array(count);
  let [filled, size] = [0, 1];
  for (; size <= features - size && filled < count; size++) {
    const sizes = size === features - size ? [size] : [size, features - size];
    const each = binomial(features, size);
    if (each * sizes.length > count - filled) break;
    for (const members of combinations(features, size)) {
      for (const one of sizes) {
        const row = present.subarray(filled * features, (filled + 1) * features);
        if (one !== size) row.fill(1);
        for (const member of members) row[member] = one === size ? 1 : 0;
        weights[filled++] = kernelSizeWeight(features, one) / each;
      }
    }
  }
  if (filled < count) sampleSizes(features, size, filled, random, present, weights);
  return { features, count, present, weights, exhaustive: filled };
}

/** Fills the rows from `filled` on with random coalitions of the sizes from `first` to `features - first`. */
function sampleSizes(
  features: number,
  first: number,
  filled: number,
  random: Random,
  present: Uint8Array,
  weights: Float64Array,
): void {
  const sizes = Array.from({ length: features - 2 * first + 1 }, (_, i) => first + i);
  const total = sizes.reduce((sum, size) => sum + kernelSizeWeight(features, size), 0);
  const left = weights.length - filled;
  for (let i = 0; i < left; i++) {
    const row = present.subarray((filled + i) * features, (filled + i + 1) * features);
    weights[filled + i] = total / left;
    if (i % 2 === 1) {
      const before = present.subarray((filled + i - 1) * features, (filled + i) * features);
      for (let j = 0; j < features; j++) row[j] = 1 - (before[j] as number);
      continue;
    }
    const stream = random.at(i / 2);
    const size = pick(sizes, (one) => kernelSizeWeight(features, one), (stream.uniform(1)[0] as number) * total);
    for (const member of stream.permutation(features, 4).subarray(0, size)) row[member] = 1;
  }
}

/** The item at this height of the pile of their weights. */
function pick(items: readonly number[], weightOf: (item: number) => number, height: number): number {
  let rest = height;
  for (const item of items) {
    rest -= weightOf(item);
    if (rest < 0) return item;
  }
  return items.at(-1) as number;
}

/** Exact Shapley values from the score of every coalition: bit j of the index says that feature j is there. */
export function shapleyValues(features: number, scores: ArrayLike<number>): Float64Array {
  const values = new Float64Array(features);
  const shares = Float64Array.from({ length: features }, (_, size) => 1 / (features * binomial(features - 1, size)));
  for (let coalition = 0; coalition < 2 ** features; coalition++) {
    const share = shares[bits(coalition)] as number;
    for (let j = 0; j < features; j++) {
      if (coalition & (1 << j)) continue;
      const gain = (scores[coalition | (1 << j)] as number) - (scores[coalition] as number);
      values[j] = (values[j] as number) + share * gain;
    }
  }
  return values;
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest > 0; rest &= rest - 1) count++;
  return count;
}

export function binomial(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= Math.min(k, n - k); i++) result = (result * (n - Math.min(k, n - k) + i)) / i;
  return Math.round(result);
}

/** Members of every subset of that size, in lexicographic order. The array is reused. */
function* combinations(features: number, size: number): Generator<number[]> {
  const members = Array.from({ length: size }, (_, i) => i);
  for (;;) {
    yield members;
    let at = size - 1;
    while (at >= 0 && members[at] === features - size + at) at--;
    if (at < 0) return;
    members[at] = (members[at] as number) + 1;
    for (let i = at + 1; i < size; i++) members[i] = (members[i - 1] as number) + 1;
  }
}
