/** Stopping rule of methods that converge step by step. */
import * as z from 'zod';

/** @param error that is compared with the precision */
export const precisionParameter = (error = 'the standard error, as a share of how much the map varies') =>
  z.number().min(0).max(1).default(0).describe(`Stops as soon as ${error}, is this small; 0 takes all samples.`);

/** @param error in the units of the map; undefined while it is not known */
export const isPrecise = (error: number | undefined, size: number, precision: number): boolean =>
  precision > 0 && error !== undefined && error <= precision * size;

/** Root mean square of the values, and of their distance from their mean. */
export function sizeOfMap(values: ArrayLike<number>): { readonly rootMeanSquare: number; readonly deviation: number } {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    sum += values[i] as number;
    squares += (values[i] as number) ** 2;
  }
  const [mean, meanSquare] = [sum / values.length, squares / values.length];
  return { rootMeanSquare: Math.sqrt(meanSquare), deviation: Math.sqrt(Math.max(0, meanSquare - mean ** 2)) };
}
