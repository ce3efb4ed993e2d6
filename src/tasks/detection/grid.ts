/** Grids of cells that anchor-free detectors predict at, one for each stride. */
import type { InputSize } from './format.ts';

export interface Level {
  readonly stride: number;
  readonly columns: number;
  readonly rows: number;
  /** Number of the level's first cell among all cells. */
  readonly first: number;
}

/** Levels in the order of `strides`; cells row by row. Sides that a stride does not divide are rounded up. */
export function levelsOf({ width, height }: InputSize, strides: readonly number[]): Level[] {
  const levels: Level[] = [];
  let first = 0;
  for (const stride of strides) {
    const [columns, rows] = [Math.ceil(width / stride), Math.ceil(height / stride)];
    levels.push({ stride, columns, rows, first });
    first += columns * rows;
  }
  return levels;
}

/** Number of cells of all levels. */
export const cellsOf = (levels: readonly Level[]): number =>
  levels.reduce((sum, { columns, rows }) => sum + columns * rows, 0);

/** Column, row and stride of a cell. */
export function cellAt(levels: readonly Level[], cell: number): { column: number; row: number; stride: number } {
  const level = (levels.findLast(({ first }) => cell >= first) ?? levels[0]) as Level;
  const within = cell - level.first;
  return { column: within % level.columns, row: Math.floor(within / level.columns), stride: level.stride };
}

const PYRAMIDS = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [16, 32],
  [4, 8, 16, 32],
] as const;

/** Strides of a pyramid with this many candidates, and how many each cell has (1 or 3); undefined where none fits. */
export function pyramidOf(
  size: InputSize,
  candidates: number,
): { strides: readonly number[]; each: 1 | 3 } | undefined {
  for (const strides of PYRAMIDS) {
    const cells = cellsOf(levelsOf(size, strides));
    if (candidates === cells) return { strides, each: 1 };
    if (candidates === 3 * cells) return { strides, each: 3 };
  }
  return undefined;
}
