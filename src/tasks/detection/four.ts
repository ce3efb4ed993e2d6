/** Boxes in arrays of numbers. */

/** The four numbers from `at` on. */
export const fourFrom = (values: ArrayLike<number>, at: number): [number, number, number, number] => [
  values[at] as number,
  values[at + 1] as number,
  values[at + 2] as number,
  values[at + 3] as number,
];
