/** Series from CSV: a column for each channel, a row for each time step. */
import { readCsv } from '../tabular/csv.ts';
import { type Cell, invalidCell, isMissing, numberOf } from '../tabular/table.ts';
import { numbered, type Series, STEPS } from './series.ts';
import { timeColumn } from './time-column.ts';

/**
 * Series of CSV text. The first row names the channels unless it holds numbers. A first column whose name is one of a
 * time (`time`, `t`, `seconds`, `ms`, `date`) and whose values increase becomes the time axis, which the notes say.
 * @throws WhylightError `invalid_request` with row and column of what is no number, and of rows of another length.
 * @example
 * readCsvSeries('time,x,y\n0,1,2\n0.1,3,4').channels; // ['x', 'y']
 */
export function readCsvSeries(text: string): Series {
  const { columns, rows, firstRow, notices } = readCsv(text);
  const width = rows[0]?.length ?? 0;
  const times = rows.map(([first]) => String(first ?? ''));
  const found = columns && width > 1 ? timeColumn(columns[0] as string, times) : undefined;
  const skip = found ? 1 : 0;
  const channels = columns?.slice(skip) ?? numbered(width);
  const values = new Float64Array(rows.length * channels.length);
  for (const [t, row] of rows.entries()) {
    for (const [c, column] of channels.entries()) {
      values[t * channels.length + c] = toNumber(row[c + skip] as Cell, t + firstRow, column);
    }
  }
  return {
    channels,
    steps: rows.length,
    values,
    time: found?.time ?? STEPS,
    named: columns !== undefined,
    notes: found ? [...notices, found.note] : notices,
  };
}

function toNumber(cell: Cell, row: number, column: string): number {
  const number = numberOf(cell);
  if (number !== undefined) return number;
  if (isMissing(cell)) return Number.NaN;
  throw invalidCell({ row, column }, cell, 'is not a finite number.');
}
