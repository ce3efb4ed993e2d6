import { float32, type Tensor } from '../../../src/core/tensor/tensor.ts';
import type { Outputs } from '../../../src/tasks/description.ts';
import type { DetectionFormat } from '../../../src/tasks/detection/format.ts';
import { readerOf } from '../../../src/tasks/detection/formats.ts';
import { type DetectionSettings, readDetections } from '../../../src/tasks/detection/read.ts';
import type { ImageView } from '../../../src/tasks/detection/upright.ts';

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
  outputs: Outputs,
  view: ImageView,
  settings?: DetectionSettings,
) {
  const settled = readerOf(format).settle?.(format, outputs, view.input) ?? format;
  return readDetections(settled, outputs, view, settings);
}

/** `count` numbers near zero, with some of them replaced. */
export function sparse(count: number, values: Readonly<Record<number, number>>, rest = 0): number[] {
  return Array.from({ length: count }, (_, i) => values[i] ?? rest);
}
