/** Series from CSV: a column for each channel, a row for each time step. */
import { csvRows } from './csv-lines.ts';
import { invalidSeries, numbered, type Series, STEPS } from './series.ts';
import { timeColumn } from './time-column.ts';

/** What people write where a value is missing. */
const MISSING = /^(|nan|na|n\/a|null|none)$/i;

/**
 * Series of CSV text. The first row names the channels unless it holds numbers. A first column whose name is one of a
 * time (`time`, `t`, `seconds`, `ms`, `date`) and whose values increase becomes the time axis, which the notes say.
 * @throws WhylightError `invalid_request` with row and column of what is no number, and of rows of another length.
 * @example
 * readCsvSeries('time,x,y\n0,1,2\n0.1,3,4').channels; // ['x', 'y']
 */
export function readCsvSeries(text: string): Series {
  const rows = csvRows(text);
  const [first] = rows;
  if (!first) throw invalidSeries('The CSV is empty: a row for each time step was expected.');
  const header = first.some((field) => !isNumber(field) && !MISSING.test(field.trim()))
    ? first.map((name) => name.trim())
    : undefined;
  const body = header ? rows.slice(1) : rows;
  if (body.length === 0)
    throw invalidSeries('The CSV has a header, but no rows: a row for each time step was expected.');
  const firstRow = header ? 2 : 1;
  checkWidths(body, first.length, firstRow);
  const found =
    header && first.length > 1
      ? timeColumn(
          header[0] as string,
          body.map((row) => row[0] as string),
        )
      : undefined;
  const skip = found ? 1 : 0;
  const channels = header?.slice(skip) ?? numbered(first.length);
  checkNames(channels);
  const values = new Float64Array(body.length * channels.length);
  for (const [t, row] of body.entries()) {
    for (const [c, name] of channels.entries()) {
      values[t * channels.length + c] = toNumber(row[c + skip] as string, t + firstRow, name);
    }
  }
  return {
    channels,
    steps: body.length,
    values,
    time: found?.time ?? STEPS,
    named: header !== undefined,
    notes: found ? [found.note] : [],
  };
}

const isNumber = (field: string): boolean => field.trim() !== '' && Number.isFinite(Number(field));

function toNumber(field: string, row: number, column: string): number {
  if (MISSING.test(field.trim())) return Number.NaN;
  if (isNumber(field)) return Number(field);
  const given = JSON.stringify(field.length > 40 ? `${field.slice(0, 40)}...` : field);
  throw invalidSeries(`Row ${row}, column ${JSON.stringify(column)}: ${given} is not a finite number.`, {
    row,
    column,
    value: field.slice(0, 40),
  });
}

function checkWidths(rows: readonly string[][], width: number, firstRow: number): void {
  const odd = rows.findIndex((row) => row.length !== width);
  if (odd < 0) return;
  throw invalidSeries(
    `Row ${odd + firstRow} of the CSV has ${rows[odd]?.length} fields, but the first row has ${width}: every row needs as many.`,
    { row: odd + firstRow, fields: rows[odd]?.length, expected: width },
  );
}

function checkNames(names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw invalidSeries(`Two columns of the CSV are called ${JSON.stringify(twice)}.`, { column: twice });
}
