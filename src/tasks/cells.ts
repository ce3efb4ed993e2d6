/** Cells of a dense output and the parts of the image that they stand for. */
import type { TargetChoice } from '../core/task/task.ts';
import { targetNotFound } from './named-class.ts';
import type { Scores } from './scores.ts';
import type { ImageView } from './upright.ts';

/** Rows and columns over the model's input; what else an output counts (colours) are layers. */
export interface Cells {
  readonly rows: number;
  readonly columns: number;
  readonly layers: number;
  /** Position, as {@link Scores.element} takes it. */
  position(layer: number, row: number, column: number): number;
}

/** Colours are an axis of at most this length. */
const MAX_LAYERS = 4;

/** The cells of scores with extents `[H, W]`, `[C, H, W]` or `[H, W, C]`; undefined for others. */
export function cellsOf({ extents }: Pick<Scores, 'extents'>): Cells | undefined {
  const [a = 1, b = 1, c = 1] = extents;
  if (extents.length === 2) {
    return { rows: a, columns: b, layers: 1, position: (_, row, column) => row * b + column };
  }
  if (extents.length !== 3) return undefined;
  if (a <= MAX_LAYERS) {
    return { rows: b, columns: c, layers: a, position: (layer, row, column) => (layer * b + row) * c + column };
  }
  return c <= MAX_LAYERS
    ? { rows: a, columns: b, layers: c, position: (layer, row, column) => (row * b + column) * c + layer }
    : undefined;
}

/** Row and column of the cell that a pixel lies in; undefined outside of what the model saw. */
export function cellAt(
  { rows, columns }: Cells,
  { placement }: ImageView,
  [x, y]: readonly [number, number],
): { row: number; column: number } | undefined {
  const column = Math.floor(((x - placement.x) / placement.width) * columns);
  const row = Math.floor(((y - placement.y) / placement.height) * rows);
  return row >= 0 && row < rows && column >= 0 && column < columns ? { row, column } : undefined;
}

/** Row and column of every cell whose centre lies in a box. */
export function cellsIn(
  { rows, columns }: Cells,
  { placement }: ImageView,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
): { row: number; column: number }[] {
  const inside: { row: number; column: number }[] = [];
  for (let row = 0; row < rows; row++) {
    const y = placement.y + ((row + 0.5) * placement.height) / rows;
    if (y < y0 || y >= y1) continue;
    for (let column = 0; column < columns; column++) {
      const x = placement.x + ((column + 0.5) * placement.width) / columns;
      if (x >= x0 && x < x1) inside.push({ row, column });
    }
  }
  return inside;
}

/**
 * The cells that a point or a box means.
 * @throws WhylightError `label_not_found` when they lie outside of what the model saw
 */
export function chosenCells(
  choice: Extract<TargetChoice, { point: unknown } | { box: unknown }>,
  cells: Cells,
  view: ImageView,
): { row: number; column: number }[] {
  const [place, chosen] =
    'point' in choice
      ? [choice.point, [cellAt(cells, view, choice.point)].filter((cell) => cell !== undefined)]
      : [choice.box, cellsIn(cells, view, choice.box)];
  if (chosen.length > 0) return chosen;
  const { width, height } = view.image;
  throw targetNotFound(
    `[${place.join(', ')}] holds nothing that the model saw: the image is ${width} x ${height} pixels.`,
    { place, width, height },
  );
}
