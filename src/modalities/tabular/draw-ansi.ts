/** A row of a table with its attribution for a terminal. */
import { ansiForeground, attributionColor, attributionScale } from '../../core/modality/colors.ts';
import type { Drawing } from '../../core/modality/modality.ts';
import { barsOf } from './bars.ts';

/** Characters on either side of zero. */
const HALF = 20;
const NAME_LENGTH = 40;

/** A bar for each of the strongest columns: to the left against the target, to the right for it. */
export function drawTableAnsi(drawing: Drawing): string {
  const bars = barsOf(drawing);
  const scale = attributionScale(bars.map(({ value }) => value));
  const width = Math.min(NAME_LENGTH, Math.max(0, ...bars.map(({ name }) => name.length)));
  const lines = bars.map(({ name, value, text }) => {
    const length = Math.round((Math.abs(value) / scale) * HALF);
    const bar = ansiForeground('█'.repeat(length), attributionColor(Math.sign(value)));
    const left = drawing.signed ? (value < 0 ? ' '.repeat(HALF - length) + bar : ' '.repeat(HALF)) : '';
    const right = value < 0 && drawing.signed ? ' '.repeat(HALF) : bar + ' '.repeat(HALF - length);
    const shown = name.length > width ? `${name.slice(0, width - 1)}…` : name.padEnd(width);
    return `${shown}  ${left}${drawing.signed ? '│' : ''}${right}  ${text}`;
  });
  return [...(drawing.title ? [drawing.title] : []), ...lines].join('\n');
}
