/** Cells of a table as input tensors. */
import { nearest } from '../../core/errors.ts';
import { explainedInputs } from '../../core/modality/explained-inputs.ts';
import type { InputFact } from '../../core/model/description.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import { type Tensor, tensor } from '../../core/tensor/tensor.ts';
import type { TableColumn } from './columns.ts';
import type { MatchedTable } from './match.ts';
import { type Cell, invalidCell, isMissing, numberOf, type Place, shown } from './table.ts';

/** Numbers of a table in the model's order of columns, row by row; NaN where a value is missing. */
export interface Numbers {
  readonly values: Float64Array;
  readonly rows: number;
  readonly notices: readonly string[];
}

/** Largest value of float32. */
const FLOAT32_MAX = 3.4028234663852886e38;

/** Notices about single cells that are listed. */
const MAX_NOTICES = 5;

/**
 * The number that each cell becomes.
 * @throws WhylightError `invalid_request` with row and column of a cell that the column may not hold
 */
export function tableNumbers({ columns, rows, firstRow }: MatchedTable): Numbers {
  const values = new Float64Array(rows.length * columns.length);
  const notices: string[] = [];
  for (const [i, row] of rows.entries()) {
    for (const [j, column] of columns.entries()) {
      const place = { row: i + firstRow, column: column.name };
      values[i * columns.length + j] = cellNumber(row[j] as Cell, column, place, notices);
    }
  }
  const more = notices.length - MAX_NOTICES;
  return {
    values,
    rows: rows.length,
    notices: more > 0 ? [...notices.slice(0, MAX_NOTICES), `${more} more values like these.`] : notices,
  };
}

function cellNumber(cell: Cell, column: TableColumn, place: Place, notices: string[]): number {
  const code = column.categories ? codeOf(cell, column) : undefined;
  if (code !== undefined) return code;
  if (isMissing(cell)) {
    if (column.missing === 'keep') return Number.NaN;
    throw invalidCell(
      place,
      cell,
      'is a missing value, which the model does not take here. Fill it in, or set "missing": "keep" for the column if the model was trained with gaps.',
    );
  }
  if (column.kind === 'category') return unknownCategory(cell, column, place, notices);
  const number = numberOf(cell);
  if (number === undefined) throw invalidCell(place, cell, `is not a finite number.${numberHint(cell)}`);
  if (Math.abs(number) > FLOAT32_MAX)
    throw invalidCell(place, cell, 'is too large for the model, which computes in float32.');
  if (column.kind === 'integer' && !Number.isSafeInteger(number)) {
    throw invalidCell(place, cell, 'is not a whole number, which the column needs.');
  }
  return number;
}

/** Categories are compared as texts: 3, 3.0 and "3" are the same. */
function codeOf(cell: Cell, { categories = [], codes = [] }: TableColumn): number | undefined {
  const word = typeof cell === 'string' ? cell.trim() : String(cell);
  const exact = categories.indexOf(word);
  if (exact >= 0) return codes[exact];
  const number = numberOf(cell);
  return number === undefined ? undefined : codes[categories.findIndex((category) => Number(category) === number)];
}

function unknownCategory(cell: Cell, column: TableColumn, place: Place, notices: string[]): number {
  const categories = column.categories ?? [];
  if (column.unknown === 'keep') {
    notices.push(
      `Row ${place.row}: the model does not know ${shown(cell)} in the column ${JSON.stringify(column.name)}, and treats it as none of its categories.`,
    );
    return -1;
  }
  const close = nearest(String(cell), categories, 1)[0];
  const known =
    categories.length > 12
      ? `${categories.slice(0, 12).join(', ')} and ${categories.length - 12} more`
      : categories.join(', ');
  throw invalidCell(
    place,
    cell,
    `is no category of the column.${close === undefined ? '' : ` Did you mean ${JSON.stringify(close)}?`} Known: ${known}.`,
  );
}

function numberHint(cell: Cell): string {
  if (typeof cell !== 'string') return '';
  const text = cell.trim();
  if (/^[+-]?\d+,\d+$/.test(text)) return ` Write ${text.replace(',', '.')}, with a point.`;
  if (/^[+-]?\d{1,3}([ ,']\d{3})+(\.\d+)?$/.test(text))
    return ` Write ${text.replace(/[ ,']/g, '')}, without separators of thousands.`;
  return /^[+-]?[\d.]+\s*[%\p{Sc}\p{L}]+$/u.test(text) ? ' Leave the unit out.' : '';
}

/** Tensors of the explained inputs, in their types: one matrix, or one input for each column. */
export function tableTensors(
  { values, rows }: Pick<Numbers, 'values' | 'rows'>,
  columns: readonly TableColumn[],
  inputs: readonly InputFact[],
): Inputs {
  const explained = explainedInputs(inputs);
  const tensors: Record<string, Tensor> = Object.fromEntries(
    explained.map(({ name, dtype, shape, batchAxis }) => {
      const row = shape.filter((_, axis) => axis !== batchAxis.value) as number[];
      return [name, tensor(dtype, [rows, ...row])];
    }),
  );
  for (const [j, { input, element }] of columns.entries()) {
    const { data, dims } = tensors[input] as Tensor;
    const width = data.length / (dims[0] as number);
    for (let i = 0; i < rows; i++) {
      const value = values[i * columns.length + j] as number;
      if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i * width + element] = BigInt(value);
      else data[i * width + element] = value;
    }
  }
  return tensors;
}
