/** Measures of the concentration of magnitudes. */
import { sortMagnitudes } from './sort.ts';

/**
 * Gini index: 0 when all are equal, near 1 when one holds everything (Chalasani et al. 2020,
 * "Concise explanations of neural networks using adversarial training").
 * @param values not negative
 */
export function gini(values: ArrayLike<number>): number {
  const sorted = values instanceof Float32Array ? sortMagnitudes(values) : Float64Array.from(values).sort();
  let [sum, weighted] = [0, 0];
  for (let i = 0; i < sorted.length; i++) {
    const value = sorted[i] as number;
    sum += value;
    weighted += (2 * (i + 1) - sorted.length - 1) * value;
  }
  return sum > 0 ? weighted / (sorted.length * sum) : 0;
}

/**
 * Shannon entropy in nats of the values as shares of their sum: 0 when one holds everything (Bhatt et al. 2020,
 * "Evaluating and aggregating feature-based model explanations").
 * @param values not negative
 */
export function entropy(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const share = (values[i] as number) / sum;
    if (share > 0) total -= share * Math.log(share);
  }
  return total;
}

/** Number of values above `eps` (Nguyen & Martinez 2020, "On quantitative aspects of model interpretability"). */
export function countAbove(values: ArrayLike<number>, eps: number): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if ((values[i] as number) > eps) count++;
  return count;
}

/**
 * Shannon entropy in nats of the histogram of the values, in bins of equal width from the least to the greatest; 0 for
 * equal values.
 */
export function histogramEntropy(values: ArrayLike<number>, bins: number): number {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i] as number);
    high = Math.max(high, values[i] as number);
  }
  if (!(high > low)) return 0;
  const counts = new Float64Array(bins);
  for (let i = 0; i < values.length; i++) {
    const bin = Math.min(bins - 1, Math.floor((((values[i] as number) - low) / (high - low)) * bins));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return entropy(counts);
}
