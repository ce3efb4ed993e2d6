/** A text with its attribution for a terminal: coloured words, and bars of the strongest. */
import { ansiBackground, attributionColor, attributionScale } from '../../core/modality/colors.ts';
import { barLines } from '../../core/modality/feature-list.ts';
import type { Drawing } from '../../core/modality/modality.ts';
import { partsOf } from './draw-list.ts';
import type { TextView } from './features.ts';

/** Features that are listed with a bar. */
const LISTED = 8;
const MAX_NAME = 48;
/** Values below this part of the largest are not coloured. */
const FAINT = 0.02;

/** Lines of text with 24-bit colours; the text wraps as the terminal does. */
export function drawTextAnsi(drawing: Drawing<TextView>): string {
  const { features, values, title, signed } = drawing;
  const scale = attributionScale(values);
  const text = partsOf(drawing)
    .map(({ text, value = 0, marked }) => {
      const letters = marked ? underlined(printable(text)) : printable(text);
      return Math.abs(value) / scale < FAINT ? letters : ansiBackground(letters, attributionColor(value / scale));
    })
    .join('');
  const names = features.list.map(({ name }) => shortened(name));
  const bars = barLines(names, values, { count: LISTED, signed });
  return [...(title ? [title] : []), text, ...(bars.length > 0 ? ['', ...bars] : [])].join('\n');
}

const underlined = (text: string): string => `\u001b[4m${text}\u001b[24m`;

/** Without control characters, which could move the cursor or change the terminal; line breaks stay. */
const printable = (text: string): string => text.replace(/(?!\n)[\p{Cc}\u2028\u2029]/gu, ' ');

function shortened(name: string): string {
  const line = printable(name).replaceAll('\n', ' ');
  return line.length > MAX_NAME ? `${line.slice(0, MAX_NAME - 1)}…` : line;
}
