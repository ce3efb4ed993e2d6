/** Small letters on an image: a bitmap font of 5x7 points, with two more rows for what hangs below the line. */
import type { Color, Image } from './image.ts';

/** Points from one letter to the next, and from one line to the next. */
export const LETTER_WIDTH = 6;
export const LINE_HEIGHT = 11;

/**
 * One digit of base 32 for each row, from the top: its five bits are the points from left to right. Rows that are left
 * out are empty; the line that letters stand on is below the seventh.
 */
// biome-ignore format: a table
const GLYPHS: Readonly<Record<string, string>> = {
  ' ': '', '!': '4444404', '"': 'aaa', '#': 'aavavaa', $: '4fke5u4', '%': 'op248j3', '&': 'cik8lid', "'": '44',
  '(': '2488842', ')': '8422248', '*': '04lel4', '+': '044v44', ',': '00000c48', '-': '000v', '.': '00000cc', '/': '11248gg',
  '0': 'ehjlphe', '1': '4c4444e', '2': 'eh1248v', '3': 'v2421he', '4': '26aiv22', '5': 'vgu11he', '6': '68guhhe', '7': 'v124888',
  '8': 'ehhehhe', '9': 'ehhf12c', ':': '0cc0cc', ';': '0cc0c48', '<': '248g842', '=': '00v0v', '>': '8421248', '?': 'eh12404',
  '@': 'eh1dlle', A: 'ehhvhhh', B: 'uhhuhhu', C: 'ehggghe', D: 'sihhhis', E: 'vgguggv', F: 'vgguggg', G: 'ehgnhhf',
  H: 'hhhvhhh', I: 'e44444e', J: '72222ic', K: 'hikokih', L: 'ggggggv', M: 'hrllhhh', N: 'hhpljhh', O: 'ehhhhhe',
  P: 'uhhuggg', Q: 'ehhhlid', R: 'uhhukih', S: 'fgge11u', T: 'v444444', U: 'hhhhhhe', V: 'hhhhha4', W: 'hhhllla',
  X: 'hha4ahh', Y: 'hhha444', Z: 'v1248gv', '[': 'e88888e', '\\': 'gg84211', ']': 'e22222e', '^': '4ah', _: '0000000v',
  '`': '842', a: '00e1fhf', b: 'ggmphhu', c: '00egghe', d: '11djhhf', e: '00ehvge', f: '698s888', g: '00fhhhf1e',
  h: 'ggmphhh', i: '40c444e', j: '2062222ic', k: 'ggikoki', l: 'c44444e', m: '00qllhh', n: '00mphhh', o: '00ehhhe',
  p: '00uhhhugg', q: '00fhhhf11', r: '00mpggg', s: '00fge1u', t: '88s8896', u: '00hhhjd', v: '00hhha4', w: '00hhlla',
  x: '00ha4ah', y: '00hhhhf1e', z: '00v248v', '{': '2448442', '|': '4444444', '}': '8442448', '~': '0008l2',
};

/** A letter that the font has not. */
const UNKNOWN = 'vhhhhhv';

export interface TextOptions {
  readonly color?: Color;
  /** Pixels of the image along the side of a point: an integer of at least 1. */
  readonly scale?: number;
}

/** Pixels that a line of text takes. */
export const textWidth = (text: string, scale = 1): number => Math.max(0, [...text].length * LETTER_WIDTH - 1) * scale;

/** The text, its end replaced by two dots where it does not fit into `width` pixels. */
export function fitText(text: string, width: number, scale = 1): string {
  if (textWidth(text, scale) <= width) return text;
  const most = Math.floor((width / scale + 1) / LETTER_WIDTH);
  return most < 2 ? '' : `${[...text].slice(0, most - 2).join('')}..`;
}

/**
 * Draws one line of text into the image; clipped at its edges.
 * @param x left edge of the first letter
 * @param y top edge of a capital letter
 */
export function drawText(
  image: Image,
  text: string,
  x: number,
  y: number,
  { color = [0, 0, 0], scale = 1 }: TextOptions = {},
): void {
  for (const [i, letter] of [...text].entries()) {
    const rows = Object.hasOwn(GLYPHS, letter) ? (GLYPHS[letter] as string) : UNKNOWN;
    for (const [row, digit] of [...rows].entries()) {
      const bits = Number.parseInt(digit, 32);
      for (let column = 0; column < 5; column++) {
        if ((bits >> (4 - column)) & 1) {
          fillRectangle(image, x + (i * LETTER_WIDTH + column) * scale, y + row * scale, scale, scale, color);
        }
      }
    }
  }
}

/** Paints a rectangle of the image in one opaque colour; what lies beyond its edges is left out. */
export function fillRectangle(image: Image, x: number, y: number, width: number, height: number, color: Color): void {
  const [left, right] = [Math.max(0, x), Math.min(image.width, x + width)];
  for (let row = Math.max(0, y); row < Math.min(image.height, y + height); row++) {
    for (let column = left; column < right; column++) {
      image.data.set([...color, 255], (row * image.width + column) * 4);
    }
  }
}
