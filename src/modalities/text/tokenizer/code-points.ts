/** Conversions between UTF-16 units, code points and UTF-8 bytes. */
import { unitsAt } from './aligned-text.ts';

const SURROGATE = /[\uD800-\uDFFF]/;

/** The text with every unpaired surrogate replaced by U+FFFD: the same length, and valid Unicode. */
export const wellFormed = (text: string): string =>
  SURROGATE.test(text) ? text.replace(/\p{Surrogate}/gu, '\uFFFD') : text;

/** Positions of a text in code points and in UTF-16 units. */
export interface Positions {
  /** Code point that holds unit `unit`; the number of code points at the end of the text. */
  codePoint(unit: number): number;
  /** First unit of the code point; the length of the text at its end. */
  unit(codePoint: number): number;
}

const SAME: Positions = { codePoint: (unit) => unit, unit: (codePoint) => codePoint };

export function positions(text: string): Positions {
  if (!SURROGATE.test(text)) return SAME;
  const codePoints = new Int32Array(text.length + 1);
  const units: number[] = [];
  for (let i = 0; i < text.length; ) {
    const size = unitsAt(text, i);
    codePoints.fill(units.length, i, i + size);
    units.push(i);
    i += size;
  }
  codePoints[text.length] = units.length;
  units.push(text.length);
  return {
    codePoint: (unit) => codePoints[unit] as number,
    unit: (codePoint) => units[codePoint] as number,
  };
}

/** Number of UTF-8 bytes of a code point. */
export const utf8Length = (codePoint: number): number =>
  codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;

const encoder = new TextEncoder();

export const utf8 = (text: string): Uint8Array => encoder.encode(text);
