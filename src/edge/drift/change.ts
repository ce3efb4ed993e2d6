/** Change of an attribution over time. */
import type { DriftCurve, DriftPoint } from './history.ts';

/** Rows on either side below which a difference says more about chance than about the model. */
const MIN_ROWS = 20;

/**
 * Compares the mean shares of the points from `from` on with those before, by half the sum of the differences (the total
 * variation distance).
 * @returns 0 for equal shares to 1 for nothing in common; undefined where one side has fewer than 20 rows
 */
export function changeOf({ points }: Pick<DriftCurve, 'points'>, from: number): number | undefined {
  const before = meanOf(points.filter(({ hour }) => hour < from));
  const after = meanOf(points.filter(({ hour }) => hour >= from));
  if (before.rows < MIN_ROWS || after.rows < MIN_ROWS) return undefined;
  const groups = new Set([...Object.keys(before.shares), ...Object.keys(after.shares)]);
  const differences = [...groups].map((group) => Math.abs((after.shares[group] ?? 0) - (before.shares[group] ?? 0)));
  return differences.reduce((sum, difference) => sum + difference, 0) / 2;
}

function meanOf(points: readonly DriftPoint[]): Pick<DriftPoint, 'rows' | 'shares'> {
  const rows = points.reduce((sum, point) => sum + point.rows, 0);
  const shares: Record<string, number> = {};
  for (const point of points) {
    for (const [group, share] of Object.entries(point.shares)) {
      shares[group] = (shares[group] ?? 0) + (share * point.rows) / rows;
    }
  }
  return { rows, shares };
}
