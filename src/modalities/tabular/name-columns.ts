/** Features of tables that come as tensors. */
import { counted } from '../../core/counted.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Features, ModalityContext } from '../../core/modality/modality.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';
import { cellOfCode, tableColumns } from './columns.ts';
import { tableFeatures } from './features.ts';
import { parseTabularSettings } from './settings.ts';
import type { Cell } from './table.ts';

/**
 * Each column as a feature, named as for a table: `petal width = 1.8 cm`, with the category that a code stands for.
 * @param inputs tensors by input name, [N, ...]
 * @throws WhylightError `invalid_tensor` for a missing tensor, or one of another width
 */
export function nameColumns(inputs: Inputs, { inputs: facts, settings }: ModalityContext): Features[] {
  const columns = tableColumns(facts, parseTabularSettings(settings));
  const widths = new Map<string, number>();
  for (const { input } of columns) widths.set(input, (widths.get(input) ?? 0) + 1);
  for (const [input, width] of widths) checkWidth(input, width, inputs[input]);
  const [first] = widths.keys();
  const rows = inputs[first ?? '']?.dims[0] ?? 0;
  const cellsOf = (row: number): Cell[] =>
    columns.map((column) => {
      const width = widths.get(column.input) as number;
      return cellOfCode(Number(inputs[column.input]?.data[row * width + column.element]), column);
    });
  return Array.from({ length: rows }, (_, row) => tableFeatures(columns, cellsOf(row), facts));
}

function checkWidth(input: string, width: number, given: Tensor | undefined): void {
  if (given && given.data.length === (given.dims[0] ?? 1) * width) return;
  throw new WhylightError(
    'invalid_tensor',
    given
      ? `"${input}" has the shape [${given.dims.join(', ')}], and its rows have ${counted(width, 'column')}.`
      : `There is no tensor for "${input}".`,
    { input },
  );
}
