/** Rows of a drawing of columns: the strongest columns, and what the others add up to. */
import { signedNumber } from '../../core/modality/colors.ts';
import type { Drawing } from '../../core/modality/modality.ts';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** The value as text; with its sign where values have one. */
  readonly text: string;
  /** Sum of the values of the bars before. */
  readonly start: number;
}

/** Columns that are drawn by themselves. */
const MAX_BARS = 12;

/** The strongest columns, the strongest first, and the others as one. */
export function barsOf({ features, values, signed }: Pick<Drawing, 'features' | 'values' | 'signed'>): Bar[] {
  const order = Array.from({ length: values.length }, (_, i) => i).sort(
    (a, b) => Math.abs(values[b] as number) - Math.abs(values[a] as number) || a - b,
  );
  const shown = order.length > MAX_BARS ? order.slice(0, MAX_BARS - 1) : order;
  const others = order.slice(shown.length);
  const named = shown.map((i) => ({ name: features.list[i]?.name ?? '', value: values[i] as number }));
  if (others.length > 0) {
    named.push({
      name: `${others.length} other columns`,
      value: others.reduce((sum, i) => sum + (values[i] as number), 0),
    });
  }
  let start = 0;
  return named.map(({ name, value }) => {
    const bar = { name, value, text: signed ? signedNumber(value) : String(Number(value.toPrecision(3))), start };
    start += value;
    return bar;
  });
}
