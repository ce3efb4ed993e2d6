/** Colours of attributions, the same in every drawing: blue is against the target, red is for it. */
import { colormap } from '../image/colormap.ts';

export type Rgb = readonly [red: number, green: number, blue: number];

/** Part of the colour map that is used: beyond it colours are too dark for a line or a letter on them. */
const REACH = 0.8;

/**
 * Colour of a value between -1 and 1, almost white at 0. Unsigned values (0 to 1) use the red half.
 */
export function attributionColor(value: number): Rgb {
  const table = colormap('RdBu_r');
  const at = 3 * Math.round(255 * (0.5 + (REACH * Math.max(-1, Math.min(1, value))) / 2));
  return [table[at] as number, table[at + 1] as number, table[at + 2] as number];
}

/** `#rrggbb` */
export const hex = (color: Rgb): string => `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;

/** Black or white, whichever is read more easily on the colour. */
export const inkOn = ([red, green, blue]: Rgb): '#000000' | '#ffffff' =>
  0.299 * red + 0.587 * green + 0.114 * blue > 140 ? '#000000' : '#ffffff';

/** Text for a terminal with a colour behind it, 24 bits. */
export function ansiBackground(text: string, color: Rgb): string {
  const ink = inkOn(color) === '#000000' ? '0;0;0' : '255;255;255';
  return `\u001b[48;2;${color.join(';')};38;2;${ink}m${text}\u001b[0m`;
}

/** Coloured text for a terminal, 24 bits. */
export const ansiForeground = (text: string, color: Rgb): string => `\u001b[38;2;${color.join(';')}m${text}\u001b[0m`;

/** Largest magnitude of the values, which the ends of the colours stand for; 1 where all are zero. */
export function attributionScale(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i] as number));
  return largest || 1;
}

/** A value with its sign and three digits: `+0.421`, `-12.3`. */
export function signedNumber(value: number): string {
  if (value === 0) return '0';
  const text = Number(Math.abs(value).toPrecision(3)).toString();
  return `${value < 0 ? '-' : '+'}${text}`;
}
