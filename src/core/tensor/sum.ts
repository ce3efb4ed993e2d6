/** Sums and means in double precision, from first to last. */
export function sumOf(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}

/** Mean of the values; NaN without any. */
export const meanOf = (values: ArrayLike<number>): number => sumOf(values) / values.length;
