/** Players of a game over the columns of a table, for a matrix that the columns were turned into. */
import { WhylightError } from '../errors.ts';
import type { Columns, SourceColumn } from './columns.ts';

/** @see {@link playersOf} */
export interface ColumnPlayers {
  /** Player of each column of the matrix: an index into the source columns, or their number for a constant column. */
  readonly of: Int32Array;
  /** Number of source columns, plus 1. */
  readonly count: number;
}

/**
 * The source column that each column of a matrix stems from, as its player: one-hot columns of one word play together.
 * @param used columns of the matrix that matter
 * @throws WhylightError `unprocessable_method` for a column that depends on several source columns
 */
export function playersOf(columns: Columns, sources: readonly SourceColumn[], used: Iterable<number>): ColumnPlayers {
  const of = new Int32Array(columns.origins.length).fill(sources.length);
  for (const column of new Set(used)) {
    const origin = columns.origins[column];
    const [source, ...others] = origin?.sources ?? [];
    if (others.length > 0) {
      throw new WhylightError(
        'unprocessable_method',
        `${origin?.mixedBy} mixes ${others.length + 1} columns of the table before the trees see them, so what a split contributes belongs to no single column. Use kernel_shap or shapley_sampling, which change the table's own columns.`,
        { op: origin?.mixedBy, columns: origin?.sources.map((i) => sources[i]) },
      );
    }
    if (source !== undefined) of[column] = source;
  }
  return { of, count: sources.length + 1 };
}
