/** Puts the columns of a table into the order of a model. */
import { nearest, quoted } from '../../core/errors.ts';
import type { TableColumn } from './columns.ts';
import { type Cell, invalidTable, type Table } from './table.ts';

export interface MatchedTable {
  /** The model's columns; those that it does not name have the table's names. */
  readonly columns: readonly TableColumn[];
  /** Cells in the model's order. */
  readonly rows: readonly (readonly Cell[])[];
  readonly firstRow: number;
  readonly notices: readonly string[];
}

/**
 * Finds each column of the model in the table: by name, or by place where one of both has no names. Names that differ in
 * case, spaces and signs alone are taken for the same, which a notice says; columns that the model does not know are
 * ignored, which a notice says as well.
 *
 * @throws WhylightError `invalid_request` for columns that are missing, with the nearest names, or too many without names
 */
export function matchColumns(table: Table, columns: readonly TableColumn[]): MatchedTable {
  const { rows, firstRow, columns: names } = table;
  const width = rows[0]?.length ?? 0;
  if (!names || columns.every(({ named }) => !named)) {
    if (width !== columns.length) throw wrongWidth(width, columns);
    return {
      columns: columns.map((column, i) => (column.named || !names ? column : { ...column, name: names[i] as string })),
      rows,
      firstRow,
      notices: [...table.notices, ...byPlace(names)],
    };
  }
  const { places, renamed } = placesOf(names, columns);
  const used = new Set(places);
  const ignored = names.filter((_, i) => !used.has(i));
  return {
    columns,
    rows: rows.map((row) => places.map((place) => row[place] as Cell)),
    firstRow,
    notices: [
      ...table.notices,
      ...renamed,
      ...(ignored.length > 0
        ? [`The model does not take ${list(ignored)}: ${ignored.length === 1 ? 'it was' : 'they were'} ignored.`]
        : []),
    ],
  };
}

const byPlace = (names: readonly string[] | undefined): string[] =>
  names ? ['The model does not name its columns: those of the table were taken in their order.'] : [];

/** Index in the table of each column of the model. */
function placesOf(names: readonly string[], columns: readonly TableColumn[]): { places: number[]; renamed: string[] } {
  const renamed: string[] = [];
  const missing: string[] = [];
  const places = columns.map(({ name }) => {
    const exact = names.indexOf(name);
    if (exact >= 0) return exact;
    const alike = names.flatMap((other, i) => (plain(other) === plain(name) ? [i] : []));
    const [only] = alike;
    if (only === undefined || alike.length > 1) missing.push(name);
    else renamed.push(`${quoted(names[only] as string)} was taken for the column ${quoted(name)}.`);
    return only ?? -1;
  });
  if (missing.length > 0) throw missingColumns(missing, names, columns);
  return { places, renamed };
}

/** A name without case, spaces and signs. */
const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

const MAX_LISTED = 12;
const list = (names: readonly string[]): string =>
  names.length > MAX_LISTED
    ? `${names.slice(0, MAX_LISTED).map(quoted).join(', ')} and ${names.length - MAX_LISTED} more`
    : names.map(quoted).join(', ');

function missingColumns(missing: readonly string[], names: readonly string[], columns: readonly TableColumn[]) {
  const known = new Set(columns.map(({ name }) => name));
  const free = names.filter((name) => !known.has(name));
  const hints = missing.flatMap((name) => {
    const close = nearest(name, free, 1);
    return close.length > 0 ? [`${quoted(close[0] as string)} may be meant for ${quoted(name)}`] : [];
  });
  const unknown = hints.length > 0 ? ` ${hints.join('; ')}.` : '';
  return invalidTable(
    `The table lacks ${missing.length === 1 ? 'the column' : 'the columns'} ${list(missing)}, which the model needs.${unknown} Its columns are ${list(names)}.`,
    { missing, columns: names, expected: [...known] },
  );
}

function wrongWidth(width: number, columns: readonly TableColumn[]) {
  return invalidTable(
    `The rows have ${width} ${width === 1 ? 'value' : 'values'}, but the model takes ${columns.length}: ${list(columns.map(({ name }) => name))}.`,
    { given: width, expected: columns.length },
  );
}
