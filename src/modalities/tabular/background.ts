/** Rows of typical data, and the one row that stands for them. */
import type { TableColumn } from './columns.ts';
import type { Numbers } from './tensors.ts';

export type SummaryKind = 'median' | 'mean' | 'zero';

/**
 * One row that stands for all: by column the median or the mean of what is there, and the most frequent category; a whole
 * number where the column holds those. `zero` is a row of zeros.
 */
export function summaryRow(
  { values, rows }: Numbers,
  columns: readonly TableColumn[],
  kind: SummaryKind,
): Float64Array {
  return Float64Array.from(columns, ({ kind: type }, j) => {
    if (kind === 'zero') return 0;
    const present = Float64Array.from({ length: rows }, (_, i) => values[i * columns.length + j] as number).filter(
      (value) => !Number.isNaN(value),
    );
    if (present.length === 0) return Number.NaN;
    if (type === 'category') return mostFrequent(present);
    const middle = kind === 'mean' ? mean(present) : median(present);
    return type === 'integer' ? Math.round(middle) : middle;
  });
}

const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Mean of the two in the middle where there are as many on either side. */
function median(values: Float64Array): number {
  const sorted = values.toSorted();
  const half = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? half - 1 : half], sorted[half]] as [number, number];
  return (low + high) / 2;
}

/** The smallest of those that occur most. */
function mostFrequent(values: Float64Array): number {
  const counts = new Map<number, number>();
  for (const value of values.toSorted()) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [best] = [...counts].sort(([, a], [, b]) => b - a);
  return best?.[0] ?? 0;
}
