/** Places of rows in the tensors of a file, and tensors with their rows in front. */
import { transpose } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';

/**
 * Place of the rows in a tensor of the file: an axis, `whole` for an input that all rows share, or `none` for a tensor
 * of a model without rows, which is one row.
 */
export type RowPlace = number | 'whole' | 'none';

export type RowPlaces = Readonly<Record<string, RowPlace>>;

/** Permutation that brings the rows of a tensor to the front. */
export const frontOrder = (place: number, rank: number): number[] => [
  place,
  ...Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== place),
];

/** Permutation that brings rows in front back to their place. */
export function fileOrder(place: number, rank: number): number[] {
  const others = Array.from({ length: rank - 1 }, (_, i) => i + 1);
  return [...others.slice(0, place), 0, ...others.slice(place)];
}

/** A tensor of the file's form with its rows in front; a view where nothing moves. */
export function rowsInFront(value: Tensor, place: RowPlace): Tensor {
  if (place === 'whole' || place === 0) return value;
  if (place === 'none') return { ...value, dims: [1, ...value.dims] };
  return transpose(value, frontOrder(place, value.dims.length));
}

/** The inverse of {@link rowsInFront}. */
export function rowsAsInFile<T extends Tensor>(value: T, place: RowPlace): T {
  if (place === 'whole' || place === 0) return value;
  if (place === 'none') return { ...value, dims: value.dims.slice(1) };
  return transpose(value, fileOrder(place, value.dims.length)) as T;
}
