/** Measures of the concentration of magnitudes. */
import { magnitudeBits, sumByRank } from './sort.ts';

/**
 * Gini index: 0 when all are equal, near 1 when one holds everything (Chalasani et al. 2020,
 * "Concise explanations of neural networks using adversarial training").
 * @param values not negative
 */
export function gini(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  if (values instanceof Float32Array) return giniOfBits(magnitudeBits(values), sum);
  const sorted = Float64Array.from(values).sort();
  let weighted = 0;
  for (let i = 0; i < sorted.length; i++) weighted += (2 * (i + 1) - sorted.length - 1) * (sorted[i] as number);
  return sum > 0 ? weighted / (sorted.length * sum) : 0;
}

/**
 * {@link gini} of numbers of float32.
 * @param bits their bits, signs left out
 * @param sum of the numbers
 */
export const giniOfBits = (bits: Uint32Array<ArrayBuffer>, sum: number): number =>
  sum > 0 ? sumByRank(bits) / (bits.length * sum) : 0;

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

/**
 * {@link entropy} of numbers of float32, in a fifth of its time, to 1e-12.
 * @param bits their bits, signs left out
 * @param sum of the numbers
 */
export function entropyOfBits(bits: Uint32Array<ArrayBuffer>, sum: number): number {
  const values = new Float32Array(bits.buffer, bits.byteOffset, bits.length);
  if (sum <= MIN_SUM) return entropy(values);
  const found = Math.log(sum) - sumOfLogs(bits, values) / sum;
  return found > PRECISION ? found : 0;
}

/** Entropy below which it is the rounding of one that is zero. */
const PRECISION = 1e-12;
/** Sum above which {@link sumOfLogs} is exact enough: numbers below 2 ** -126 hardly count. */
const MIN_SUM = 2 ** -100;

/** Bits of the mantissa of a float32, and those of them that {@link LOGARITHMS} has entries for. */
const MANTISSA_BITS = 23;
const TABLE_BITS = 8;
const REST_BITS = MANTISSA_BITS - TABLE_BITS;
const TABLE_MASK = (1 << TABLE_BITS) - 1;
const REST_MASK = (1 << REST_BITS) - 1;
const MIDDLE = 1 << (REST_BITS - 1);

/** Middles of equal parts of 1 to 2. */
const MIDDLES = Float64Array.from({ length: 1 << TABLE_BITS }, (_, i) => 1 + (i + 0.5) / (1 << TABLE_BITS));
const LOGARITHMS = MIDDLES.map(Math.log);
/** A step of the mantissa as a share of each middle. */
const SHARES = MIDDLES.map((middle) => 2 ** -MANTISSA_BITS / middle);

/**
 * Sum of x log x, from the exponent of each number, the logarithm of the middle that is next to its mantissa, and four
 * terms of the series for the rest, which is below 2 ** -9.
 */
function sumOfLogs(bits: Uint32Array<ArrayBuffer>, values: Float32Array): number {
  // Read as signed numbers: V8 turns those into floating point in one instruction.
  const signed = new Int32Array(bits.buffer, bits.byteOffset, bits.length);
  let sum = 0;
  for (let i = 0; i < signed.length; i++) {
    const key = signed[i] as number;
    const at = (key >> REST_BITS) & TABLE_MASK;
    const rest = ((key & REST_MASK) - MIDDLE) * (SHARES[at] as number);
    const series = rest * (1 - rest * (1 / 2 - rest * (1 / 3 - rest * (1 / 4))));
    sum += (values[i] as number) * (((key >> MANTISSA_BITS) - 127) * Math.LN2 + (LOGARITHMS[at] as number) + series);
  }
  return sum;
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
