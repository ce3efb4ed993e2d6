/** Distances between arrays, and their largest elements. */

/** Euclidean distance relative to the length of the reference, or of another array. */
export function relativeL2(got: ArrayLike<number>, want: ArrayLike<number>, to: ArrayLike<number> = want): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  let [difference, length] = [0, 0];
  for (let i = 0; i < want.length; i++) difference += ((got[i] as number) - (want[i] as number)) ** 2;
  for (let i = 0; i < to.length; i++) length += (to[i] as number) ** 2;
  return Math.sqrt(difference) / Math.max(Math.sqrt(length), 1e-12);
}

/** Largest difference relative to the largest magnitude of the reference. */
export function relativeMax(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Number.POSITIVE_INFINITY;
  let [difference, largest] = [0, 1e-12];
  for (let i = 0; i < want.length; i++) {
    difference = Math.max(difference, Math.abs((got[i] as number) - (want[i] as number)));
    largest = Math.max(largest, Math.abs(want[i] as number));
  }
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / largest;
}

/** Relative error that passes: 1e-4, or three times the error of the reference's own float32. */
export const tolerance = (floor = 0): number => Math.max(1e-4, 3 * floor);

/** Index of the largest element, the first of equals. */
export function largestOf(row: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if ((row[i] as number) > (row[best] as number)) best = i;
  return best;
}
