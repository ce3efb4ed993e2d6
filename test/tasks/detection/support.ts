import type { Prediction, TaskOutputs } from '../../../src/core/task/task.ts';
import { float32, type Tensor } from '../../../src/core/tensor/tensor.ts';
import type { SearchSettings } from '../../../src/tasks/detection/find.ts';
import type { DetectionFormat } from '../../../src/tasks/detection/format.ts';
import { predictionOf } from '../../../src/tasks/detection/read.ts';
import { searchAs } from '../../../src/tasks/detection/search.ts';
import type { ImageView } from '../../../src/tasks/upright.ts';

/** An image shown whole, at the size of the input. */
export function shownWhole(width: number, height: number): ImageView {
  const size = { width, height };
  return { input: size, image: size, placement: { x: 0, y: 0, ...size } };
}

/** `[1, rows, columns]` of rows of numbers. */
export const table = (rows: readonly (readonly number[])[]): Tensor<'float32'> =>
  float32([1, rows.length, rows[0]?.length ?? 0], rows.flat());

/** `[1, columns, rows]` of the same. */
export const transposed = (rows: readonly (readonly number[])[]): Tensor<'float32'> =>
  table((rows[0] ?? []).map((_, column) => rows.map((row) => row[column] as number)));

/** Predictions of a format whose open questions this very run settles. */
export function predictionsOf(
  format: DetectionFormat,
  outputs: TaskOutputs,
  view: ImageView,
  settings?: Partial<SearchSettings>,
): Prediction[] {
  const search = searchAs(format, outputs, view, settings);
  return search.found.map((found) => predictionOf(found, search));
}

/** `count` numbers near zero, with some of them replaced. */
export function sparse(count: number, values: Readonly<Record<number, number>>, rest = 0): number[] {
  return Array.from({ length: count }, (_, i) => values[i] ?? rest);
}
