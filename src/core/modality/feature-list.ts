/** Features of a drawing as a list, the strongest first. */
import { ansiForeground, attributionColor, attributionScale, signedNumber } from './colors.ts';
import type { Drawing } from './modality.ts';
import { type Markup, svg } from './svg.ts';

/** Rows of the table. */
const ROWS = 50;
/** Columns of the longest bar. */
const BAR = 20;

/** Indices of the values that are not zero, the largest magnitude first. */
export const byMagnitude = (values: ArrayLike<number>): number[] =>
  Array.from({ length: values.length }, (_, i) => i)
    .filter((i) => values[i] !== 0)
    .sort((a, b) => Math.abs(values[b] as number) - Math.abs(values[a] as number) || a - b);

/** The strongest features with their values, in HTML that opens on demand. */
export function featureTable({ features, values }: Pick<Drawing, 'features' | 'values'>): Markup {
  const order = byMagnitude(values).slice(0, ROWS);
  const row = (i: number) =>
    svg('tr', {}, svg('td', {}, features.list[i]?.name), svg('td', {}, signedNumber(values[i] as number)));
  return svg(
    'details',
    {},
    svg('summary', {}, `${order.length} strongest of ${features.list.length} features`),
    svg(
      'table',
      {},
      svg('thead', {}, svg('tr', {}, svg('th', {}, 'feature'), svg('th', {}, 'attribution'))),
      svg('tbody', {}, order.map(row)),
    ),
  );
}

/** The `count` strongest features for a terminal, a line each: value, bar, name. */
export function barLines(
  names: readonly string[],
  values: ArrayLike<number>,
  { count, signed }: { readonly count: number; readonly signed: boolean },
): string[] {
  const scale = attributionScale(values);
  return byMagnitude(values)
    .slice(0, count)
    .map((i) => {
      const part = (values[i] as number) / scale;
      const bar = '█'.repeat(Math.max(1, Math.round(Math.abs(part) * BAR)));
      // The palest colours cannot be told from the background.
      const color = attributionColor(Math.sign(part) * Math.max(0.5, Math.abs(part) * 0.8));
      const text = signed ? signedNumber(values[i] as number) : signedNumber(values[i] as number).replace('+', '');
      return `${text.padStart(9)} ${ansiForeground(bar.padEnd(BAR), color)} ${names[i]}`;
    });
}
