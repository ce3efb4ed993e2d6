/** A table as a person gives it: cells with the row and column that an error names. */
import { WhylightError } from '../../core/errors.ts';

/** `null` is a missing value. */
export type Cell = number | string | boolean | null;

export interface Table {
  /** Names of the columns; undefined where there are none and columns go by their place. */
  readonly columns?: readonly string[];
  /** Each as long as there are columns. */
  readonly rows: readonly (readonly Cell[])[];
  /** Number of the first row, as errors and notices count: 2 below the header of a CSV, else 1. */
  readonly firstRow: number;
  /** Sentences for the user: that an encoding or a separator was found, a column ignored. */
  readonly notices: readonly string[];
}

/** Place and content of a cell, for errors. */
export interface Place {
  readonly row: number;
  readonly column: string;
}

/** Error about what somebody gave. */
export const invalidTable = (message: string, details: Readonly<Record<string, unknown>> = {}): WhylightError =>
  new WhylightError('invalid_request', message, details);

/** Error about one cell. */
export const invalidCell = ({ row, column }: Place, value: Cell, problem: string): WhylightError =>
  invalidTable(`Row ${row}, column ${JSON.stringify(column)}: ${shown(value)} ${problem}`, {
    row,
    column,
    value: typeof value === 'string' ? value.slice(0, 80) : value,
  });

/** A cell in a message; of a text that is too long, how it begins. */
export function shown(value: Cell): string {
  if (value === null) return 'nothing';
  return typeof value === 'string' && value.length > 40
    ? `${JSON.stringify(value.slice(0, 40))}...`
    : JSON.stringify(value);
}

/** Spellings of a missing value. */
const MISSING = /^(|nan|na|n\/a|null|none|\?)$/i;

/** Tells if a cell stands for a missing value. */
export const isMissing = (cell: Cell): boolean =>
  cell === null ||
  (typeof cell === 'string' && MISSING.test(cell.trim())) ||
  (typeof cell === 'number' && Number.isNaN(cell));

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** The number that a cell holds; undefined for words, missing values and infinity. */
export function numberOf(cell: Cell): number | undefined {
  if (typeof cell === 'boolean') return cell ? 1 : 0;
  const number = typeof cell === 'string' && NUMBER.test(cell.trim()) ? Number(cell) : cell;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
