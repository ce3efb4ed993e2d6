/** Numbers and places in words. */
import { noun } from '../../core/counted.ts';
import type { Finding } from '../findings.ts';

/** Share of 0 to 1 in percent, with a decimal below 10 %; empty for undefined. */
export const percent = (share: number | undefined): string =>
  share === undefined ? '' : `${(100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0)} %`;

/** Three significant digits. */
export const short = (value: number): string => (value === 0 ? '0' : Number(value.toPrecision(3)).toString());

/** Name of the part of an image in which a spot lies: `the lower left corner`. */
export function placeOf({ x, y, width, height }: Finding['spot']): string {
  const side = (middle: number, before: string, after: string) =>
    middle < 0.36 ? before : middle > 0.64 ? after : undefined;
  const vertical = side(y + height / 2, 'upper', 'lower');
  const horizontal = side(x + width / 2, 'left', 'right');
  if (vertical && horizontal) return `the ${vertical} ${horizontal} corner`;
  if (vertical) return `the ${vertical} edge`;
  if (horizontal) return `the ${horizontal} side`;
  return 'the middle';
}

/** Heading over inputs of one kind: `Images`, `Table rows`. */
export const titled = (one: string): string => `${one[0]?.toUpperCase()}${noun(2, one).slice(1)}`;
