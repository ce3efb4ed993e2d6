/** Columns of a table as features. */
import type { Feature, Features } from '../../core/modality/modality.ts';
import type { InputFact } from '../../core/model/description.ts';
import type { TableColumn } from './columns.ts';
import { type Cell, isMissing, numberOf } from './table.ts';

/** One feature for each column, named with the value of a row: `petal width = 1.8 cm`. */
export function tableFeatures(
  columns: readonly TableColumn[],
  cells: readonly Cell[],
  inputs: readonly InputFact[],
): Features {
  const groups = [...new Set(columns.flatMap(({ group }) => group ?? []))];
  const list = columns.map(
    (column, j): Feature => ({
      name: featureName(column, cells[j] as Cell),
      key: column.name,
      ...amountOf(column, cells[j] as Cell),
      ...(column.group !== undefined && { group: groups.indexOf(column.group) }),
    }),
  );
  const mask: Record<string, Int32Array> = {};
  for (const { name, shape, batchAxis, role } of inputs) {
    if (role.value !== 'explained') continue;
    const size = shape.reduce<number>(
      (all, extent, axis) => (axis === batchAxis.value ? all : all * (extent as number)),
      1,
    );
    mask[name] = new Int32Array(size).fill(-1);
  }
  for (const [j, { input, element }] of columns.entries()) (mask[input] as Int32Array)[element] = j;
  return { list, mask, ...(groups.length > 0 && { groups }) };
}

/** Number of a cell; none for categories and missing values. */
function amountOf({ kind }: TableColumn, cell: Cell): { readonly amount?: number } {
  const amount = kind === 'category' || isMissing(cell) ? undefined : numberOf(cell);
  return amount === undefined || Number.isNaN(amount) ? {} : { amount };
}

function featureName(column: TableColumn, cell: Cell): string {
  if (isMissing(cell) && !column.categories?.includes(String(cell))) return `${column.name} is missing`;
  return `${column.name} = ${cellText(column, cell)}`;
}

/** A value as a sentence gives it, with the column's unit and digits. */
export function cellText({ kind, unit, digits }: TableColumn, cell: Cell): string {
  const number = kind === 'category' ? undefined : numberOf(cell);
  const text =
    number === undefined
      ? String(cell).trim()
      : digits === undefined
        ? String(Number(number.toPrecision(6)))
        : number.toFixed(digits);
  return unit === undefined || number === undefined ? text : `${text} ${unit}`;
}
