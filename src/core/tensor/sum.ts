/** Sums and means in double precision. */

/**
 * Sums the values in double precision, from first to last; 0 without any.
 *
 * @example
 * import { sumOf } from 'whylight/plugin';
 * sumOf(new Float32Array([1, 2, 3])); // 6
 */
export function sumOf(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}

/**
 * Returns the mean of the values in double precision; NaN without any.
 *
 * @example
 * import { meanOf } from 'whylight/plugin';
 * meanOf(new Float32Array([1, 2, 6])); // 3
 */
export const meanOf = (values: ArrayLike<number>): number => sumOf(values) / values.length;
