/** The map of one image as its share of evidence in each cell of a coarse grid, and the image itself, made small. */
import type { Image } from '../core/image/image.ts';

/** Cells a side. */
export const GRID = 8;
/** Side of the small image, in pixels: a multiple of {@link GRID}. */
export const SMALL = 32;

export interface Evidence {
  /** Predicted class; groups are formed among images of one class. */
  readonly group: string;
  /** {@link GRID} x {@link GRID} shares that add up to 1; zeros where no value is positive. */
  readonly mass: Float64Array;
  /** Brightness 0..255 of {@link SMALL} x {@link SMALL} places. */
  readonly pixels: Float64Array;
}

/** @param values of a map, row by row; negative ones count as none */
export function massOnGrid(values: ArrayLike<number>, width: number, height: number): Float64Array {
  const mass = new Float64Array(GRID * GRID);
  let sum = 0;
  for (let i = 0; i < width * height; i++) {
    const value = values[i] as number;
    if (!(value > 0)) continue;
    const y = Math.min(GRID - 1, Math.floor(((Math.floor(i / width) + 0.5) * GRID) / height));
    const x = Math.min(GRID - 1, Math.floor((((i % width) + 0.5) * GRID) / width));
    mass[y * GRID + x] = (mass[y * GRID + x] as number) + value;
    sum += value;
  }
  return sum > 0 ? mass.map((value) => value / sum) : mass;
}

export function smallImage({ width, height, data }: Image): Float64Array {
  return Float64Array.from({ length: SMALL * SMALL }, (_, i) => {
    const x = Math.min(width - 1, Math.floor((((i % SMALL) + 0.5) * width) / SMALL));
    const y = Math.min(height - 1, Math.floor(((Math.floor(i / SMALL) + 0.5) * height) / SMALL));
    const at = (y * width + x) * 4;
    return 0.299 * (data[at] as number) + 0.587 * (data[at + 1] as number) + 0.114 * (data[at + 2] as number);
  });
}

/** Element by element, over those of these numbers. */
export function meanOf(all: readonly Float64Array[], members: readonly number[]): Float64Array {
  const mean = new Float64Array(all[0]?.length ?? 0);
  for (const member of members) {
    for (const [i, value] of (all[member] as Float64Array).entries()) mean[i] = (mean[i] as number) + value;
  }
  return mean.map((value) => value / members.length);
}
