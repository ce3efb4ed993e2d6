/** Tables from JSON. */
import { counted } from '../../core/counted.ts';
import { checkNames } from './csv.ts';
import { type Cell, invalidTable, type Table } from './table.ts';

const FORMS =
  'expected an object {"age": 31, ...}, a list of such objects, lists of values with names {"columns": ["age", ...], "data": [[31, ...], ...]}, a list for each column {"age": [31, ...], ...}, or lists of values [[31, ...], ...]';

/**
 * Reads one row or many: an object, a list of objects, `{columns, data}`, a list for each column, or lists of values. A
 * member that some objects lack is missing there.
 *
 * @throws WhylightError `invalid_request` for other forms, with row and column where there is one
 * @example
 * readJsonTable('[{"age": 31, "city": "Bern"}, {"age": null, "city": "Oslo"}]').columns; // ['age', 'city']
 */
export function readJsonTable(text: string): Table {
  return tableOf(parse(text));
}

/** The same of a value that is parsed already. */
export function tableOf(value: unknown): Table {
  if (Array.isArray(value)) {
    if (value.length === 0) throw invalidTable(`The table is empty: ${FORMS}.`);
    if (value.every(isObject)) return ofObjects(value);
    if (value.every(Array.isArray)) return ofLists(value);
    if (value.every(isCell)) return ofLists([value]);
  } else if (isObject(value)) {
    if (Array.isArray(value.columns) && Array.isArray(value.data)) return ofNamedLists(value.columns, value.data);
    const members = Object.values(value);
    if (members.length > 0 && members.every(Array.isArray)) return ofColumns(value as Record<string, unknown[]>);
    if (members.length > 0) return ofObjects([value]);
  }
  throw invalidTable(`This JSON is no table: ${FORMS}.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Python writes NaN, which is no JSON.
    const hint = /\bNaN\b/.test(text) ? 'Write null for a missing value. ' : '';
    throw invalidTable(
      `The table is not JSON: ${cause instanceof Error ? cause.message : cause}. ${hint}It was ${FORMS}.`.replace(
        'It was expected',
        'Expected',
      ),
    );
  }
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCell = (value: unknown): value is Cell =>
  value === null || ['number', 'string', 'boolean'].includes(typeof value);

function ofObjects(objects: readonly Json[]): Table {
  const columns = [...new Set(objects.flatMap(Object.keys))];
  const rows = objects.map((object, i) =>
    columns.map((name) => cellOf(Object.hasOwn(object, name) ? object[name] : null, i, name)),
  );
  return named(columns, rows);
}

function ofNamedLists(names: readonly unknown[], data: readonly unknown[]): Table {
  const columns = names.map((name, i) => {
    if (isCell(name)) return String(name);
    throw invalidTable(`The name of column ${i + 1} is ${Array.isArray(name) ? 'a list' : 'an object'}: give a text.`);
  });
  const lists = data.map((row, i) => {
    if (Array.isArray(row) && row.length === columns.length)
      return row.map((value, j) => cellOf(value, i, columns[j] as string));
    throw invalidTable(
      `Row ${i + 1} of the table has ${Array.isArray(row) ? row.length : 'no list of'} values, but the table has ${counted(columns.length, 'column')}: every row needs as many.`,
      { row: i + 1, expected: columns.length },
    );
  });
  return named(columns, lists);
}

function ofColumns(lists: Readonly<Record<string, readonly unknown[]>>): Table {
  const columns = Object.keys(lists);
  const lengths = new Set(Object.values(lists).map(({ length }) => length));
  if (lengths.size > 1) {
    const text = columns.map((name) => `${JSON.stringify(name)} ${lists[name]?.length}`).join(', ');
    throw invalidTable(`The columns of the table have different numbers of values: ${text}.`);
  }
  const [count = 0] = lengths;
  const rows = Array.from({ length: count }, (_, i) => columns.map((name) => cellOf(lists[name]?.[i], i, name)));
  return named(columns, rows);
}

function ofLists(lists: readonly (readonly unknown[])[]): Table {
  const width = lists[0]?.length ?? 0;
  const odd = lists.findIndex(({ length }) => length !== width);
  if (odd >= 0) {
    throw invalidTable(
      `Row ${odd + 1} of the table has ${counted(lists[odd]?.length ?? 0, 'value')}, but the first row has ${width}: every row needs as many.`,
      {
        row: odd + 1,
        expected: width,
      },
    );
  }
  return {
    rows: lists.map((list, i) => list.map((value, j) => cellOf(value, i, `${j + 1}`))),
    firstRow: 1,
    notices: [],
  };
}

function named(columns: readonly string[], rows: readonly Cell[][]): Table {
  if (rows.length === 0) throw invalidTable('The table has columns but no rows.');
  checkNames(columns);
  return { columns, rows, firstRow: 1, notices: [] };
}

function cellOf(value: unknown, row: number, column: string): Cell {
  if (isCell(value)) return value;
  throw invalidTable(
    `Row ${row + 1}, column ${JSON.stringify(column)}: ${Array.isArray(value) ? 'a list' : 'an object'} is no value of a table; expected a number, a text, true, false or null.`,
    { row: row + 1, column },
  );
}
