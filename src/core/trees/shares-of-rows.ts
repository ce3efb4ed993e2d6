/** Shares of rows at the splits of trees, counted by sending rows through them. */
import type { TreeEnsemble } from './ensemble.ts';

/**
 * The share of the given rows that goes low at each split. Where none of them comes, both sides count alike.
 * @param rows [rows, columns]
 */
export function countShares(ensemble: TreeEnsemble, rows: Float64Array, columns: number): Float64Array {
  const { roots, column, threshold, low, high, nanLow } = ensemble;
  const lows = new Float64Array(column.length);
  const all = new Float64Array(column.length);
  for (const root of roots) {
    for (let offset = 0; offset < rows.length; offset += columns) {
      for (let node = root; (column[node] as number) >= 0; ) {
        const value = rows[offset + (column[node] as number)] as number;
        const goesLow = value <= (threshold[node] as number) || (nanLow[node] === 1 && Number.isNaN(value));
        all[node] = (all[node] as number) + 1;
        if (goesLow) lows[node] = (lows[node] as number) + 1;
        node = (goesLow ? low[node] : high[node]) as number;
      }
    }
  }
  return lows.map((count, node) =>
    (column[node] as number) < 0 ? 0 : all[node] ? count / (all[node] as number) : 0.5,
  );
}
