/** Tables from arrays of NumPy. */
import { counted } from '../../core/counted.ts';
import { cast } from '../../core/tensor/cast.ts';
import { sizeOf, type Tensor } from '../../core/tensor/tensor.ts';
import { cellOfCode, type TableColumn } from './columns.ts';
import { type Cell, invalidTable, type Table } from './table.ts';

/**
 * The table of an array with the numbers that the model takes: categories as their codes, NaN for a missing value.
 * @param array one row of [columns], or [rows, columns]
 * @throws WhylightError `invalid_request` for another shape
 */
export function arrayTable(array: Tensor, columns: readonly TableColumn[]): Table {
  const { dims, data } = cast(array, 'float64');
  const width = dims.at(-1);
  const rows = dims.length === 2 ? (dims[0] as number) : 1;
  if (dims.length < 1 || dims.length > 2 || width !== columns.length || sizeOf(dims) === 0) {
    throw invalidTable(
      `The array has the shape [${dims.join(', ')}], but the model takes ${counted(columns.length, 'column')}: send [rows, ${columns.length}].`,
      { given: dims, expected: ['rows', columns.length] },
    );
  }
  const cell = (row: number, column: number): Cell =>
    cellOfCode(Number(data[row * columns.length + column]), columns[column] as TableColumn);
  return {
    rows: Array.from({ length: rows }, (_, row) => columns.map((_, column) => cell(row, column))),
    firstRow: 1,
    notices: [],
  };
}
