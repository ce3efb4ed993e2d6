/** Tables from CSV. */
import Papa from 'papaparse';
import { findSeparator, separatorName } from './separator.ts';
import { invalidTable, isMissing, numberOf, type Table } from './table.ts';

export interface CsvOptions {
  /** Names of columns that a model knows: evidence for the separator and the header. */
  readonly known?: readonly string[];
  /** `absent` says that the first row is data (the parameter of `text/csv`, RFC 4180). */
  readonly header?: 'present' | 'absent';
}

/**
 * Reads CSV after RFC 4180, with commas, semicolons, tabs or bars; quoted fields may hold line breaks. The first row is
 * the header unless all of it are numbers, which a notice says.
 *
 * @throws WhylightError `invalid_request` for an empty table, quotes that are not closed, rows of another length than the
 * first (with row and column), columns of the same name
 * @example
 * readCsv('age;city\n31;Bern').rows; // [['31', 'Bern']]
 */
export function readCsv(text: string, { known = [], header }: CsvOptions = {}): Table {
  const separator = findSeparator(text, known);
  const { data, errors } = Papa.parse<string[]>(text, { delimiter: separator });
  const [quote] = errors.filter(({ type }) => type === 'Quotes');
  if (quote) {
    throw invalidTable(
      `Row ${(quote.row ?? 0) + 1} of the CSV has a quote that does not belong there, or that is never closed. Put fields with quotes into quotes, and double those inside.`,
      { row: (quote.row ?? 0) + 1 },
    );
  }
  const width = data[0]?.length ?? 0;
  const rows = withoutEmptyLines(data, width);
  const [first] = rows;
  if (!first)
    throw invalidTable(
      'The CSV is empty: expected a header with the names of the columns, and a row for each example.',
    );
  const numbers = first.every((field) => numberOf(field) !== undefined || isMissing(field));
  const headed = header === undefined ? !numbers : header === 'present';
  const body = headed ? rows.slice(1) : rows;
  if (body.length === 0) throw invalidTable('The CSV has a header but no rows: expected a row for each example.');
  const columns = headed ? first.map((name) => name.trim()) : undefined;
  const firstRow = headed ? 2 : 1;
  checkWidths(body, width, firstRow, columns);
  if (columns) checkNames(columns);
  const notices = [
    ...(separator === ',' || separator === '\t'
      ? []
      : [`The fields of the CSV are separated by ${separatorName(separator)}.`]),
    ...(headed || header === 'absent'
      ? []
      : ['The first row of the CSV holds numbers only, so it was taken for data and not for a header.']),
  ];
  return { ...(columns && { columns }), rows: body, firstRow, notices };
}

/** An empty line is a row of a table with one column unless it ends the file. */
function withoutEmptyLines(data: readonly string[][], width: number): string[][] {
  const isEmpty = (row: readonly string[]): boolean => row.length === 1 && row[0]?.trim() === '';
  const last = data.findLastIndex((row) => !isEmpty(row));
  return data.slice(0, last + 1).filter((row) => width === 1 || !isEmpty(row));
}

function checkWidths(rows: readonly string[][], width: number, firstRow: number, columns?: readonly string[]): void {
  const odd = rows.findIndex((row) => row.length !== width);
  if (odd < 0) return;
  const fields = rows[odd]?.length ?? 0;
  const row = odd + firstRow;
  const column = columns?.[fields];
  const detail = fields < width && column !== undefined ? `: there is nothing for ${JSON.stringify(column)}` : '';
  throw invalidTable(
    `Row ${row} of the CSV has ${fields} ${fields === 1 ? 'field' : 'fields'}, but the first row has ${width}${detail}. Every row needs as many; put fields that hold a separator into quotes.`,
    { row, fields, expected: width, column },
  );
}

/** @throws WhylightError `invalid_request` for two columns of the same name, or one without a name */
export function checkNames(columns: readonly string[]): void {
  for (const [i, name] of columns.entries()) {
    if (name === '') throw invalidTable(`Column ${i + 1} of the table has no name.`, { column: i + 1 });
    if (columns.indexOf(name) !== i) {
      throw invalidTable(`Two columns of the table are called ${JSON.stringify(name)}: rename one.`, { column: name });
    }
  }
}
