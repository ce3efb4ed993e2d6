/** The class of every pixel, and the masks of classes. */

import { RunLengths } from '../../core/image/run-length.ts';
import type { Prediction } from '../../core/task/task.ts';
import type { Cells } from '../cells.ts';
import { bestClass, type Scores } from '../scores.ts';
import type { ImageView } from '../upright.ts';

/** No class. */
export const NONE = -1;

/**
 * Class of each cell, row by row: the one with the highest score. Of a single class, the cells where its probability is
 * above one half; without probabilities, where its score is above 0.
 */
export function labelMap(scores: Scores, { rows, columns, position }: Cells): Int16Array {
  const map = new Int16Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      map[row * columns + column] = classAt(scores, position(0, row, column));
    }
  }
  return map;
}

function classAt(scores: Scores, position: number): number {
  if (scores.classes > 1) return bestClass(scores, position);
  const probability = scores.probability(0, position);
  const holds =
    probability === undefined ? (scores.data[scores.element(0, position)] as number) > 0 : probability > 0.5;
  return holds ? 0 : NONE;
}

/** Mask of each class over the image, every pixel with the class of the cell it lies in. */
export function masksOf(
  map: Int16Array,
  { rows, columns }: Cells,
  { placement, image }: ImageView,
): Map<number, NonNullable<Prediction['mask']>> {
  const across = cellIndices(image.width, placement.x, placement.width, columns);
  const down = cellIndices(image.height, placement.y, placement.height, rows);
  const runs = new Map<number, RunLengths>();
  for (let x = 0; x < image.width; x++) {
    const column = across[x] as number;
    if (column < 0) continue;
    let [start, current] = [0, NONE];
    for (let y = 0; y <= image.height; y++) {
      const row = y < image.height ? (down[y] as number) : -1;
      const klass = row < 0 ? NONE : (map[row * columns + column] as number);
      if (klass === current) continue;
      if (current !== NONE) runsOf(runs, current).add(x * image.height + start, x * image.height + y);
      [start, current] = [y, klass];
    }
  }
  const size = [image.height, image.width] as const;
  return new Map([...runs].map(([klass, own]) => [klass, { size, counts: own.encode(size[0] * size[1]) }]));
}

function runsOf(runs: Map<number, RunLengths>, klass: number): RunLengths {
  const known = runs.get(klass) ?? new RunLengths();
  runs.set(klass, known);
  return known;
}

/** The cell of each pixel of one axis; -1 for pixels that the model did not see. */
function cellIndices(pixels: number, start: number, extent: number, cells: number): Int32Array {
  return Int32Array.from({ length: pixels }, (_, i) => {
    const cell = Math.floor(((i + 0.5 - start) / extent) * cells);
    return cell >= 0 && cell < cells ? cell : -1;
  });
}
