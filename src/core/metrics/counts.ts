/** Counts of features from shares. A product that floating point puts just beside an integer is that integer. */

/** Relative distance below which a product counts as an integer: above rounding, below one feature of any input. */
const ROUNDING = 1e-9;

/**
 * Number of features in a share of them, rounded down or up.
 *
 * @example
 * countOfShare(0.29, 100, 'down'); // 29, although 0.29 * 100 is 28.999999999999996
 */
export function countOfShare(share: number, count: number, round: 'down' | 'up'): number {
  const exact = share * count;
  const near = Math.round(exact);
  if (Math.abs(exact - near) <= ROUNDING * Math.max(1, exact)) return near;
  return round === 'down' ? Math.floor(exact) : Math.ceil(exact);
}

/**
 * Numbers of features that are taken after 0, 1, ... `steps` equal portions, rounded down.
 * @param share of the features that is taken in all
 */
export function countsOfSteps(count: number, steps: number, share = 1): number[] {
  return Array.from({ length: steps + 1 }, (_, step) =>
    share === 1 ? Math.floor((step * count) / steps) : countOfShare((share * step) / steps, count, 'down'),
  );
}

/** Numbers of features in front of the first portion, and after each portion of `size`; the last one may be smaller. */
export function countsOfSize(count: number, size: number): number[] {
  const steps = Math.ceil(count / size);
  return Array.from({ length: steps + 1 }, (_, step) => Math.min(count, step * size));
}
