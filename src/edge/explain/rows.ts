/** Limit on the rows of an inference request. */
import { WhylightError } from '../../core/errors.ts';
import type { Inputs } from '../../core/tensor/rows.ts';

/** Returns the number of rows of the input that has most. */
export const rowsIn = (inputs: Inputs): number => Math.max(0, ...Object.values(inputs).map(({ dims }) => dims[0] ?? 1));

/** @throws WhylightError `budget_exceeded` for more than `maxRows` rows */
export function checkRows(rows: number, maxRows: number): void {
  if (rows <= maxRows) return;
  throw new WhylightError('budget_exceeded', `${rows} rows were sent, ${maxRows} are allowed: send fewer at once.`, {
    allowed: maxRows,
  });
}
