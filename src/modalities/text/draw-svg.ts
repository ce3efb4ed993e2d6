/** A text with its attribution as SVG: lines of words on coloured ground, and a scale. */
import { attributionColor, attributionScale, hex, inkOn, signedNumber } from '../../core/modality/colors.ts';
import type { Drawing } from '../../core/modality/modality.ts';
import { type Markup, svg, svgDocument } from '../../core/modality/svg.ts';
import { type Part, partsOf } from './draw-list.ts';
import type { TextView } from './features.ts';

const [WIDTH, MARGIN] = [720, 16];
/** Sizes of the letters and of a line. */
const [SIZE, LINE] = [15, 28];
/** Width of a letter of a monospaced font; ideographs and emoji take two. */
const LETTER = 9;
/** Lines at most; a longer text ends with a note. */
const MAX_LINES = 200;

interface Box {
  readonly text: string;
  readonly value: number | undefined;
  readonly marked?: boolean | undefined;
  readonly found?: boolean | undefined;
  readonly x: number;
  readonly line: number;
  readonly width: number;
}

/** A whole drawing. Word widths do not depend on the fonts of the machine: `textLength` sets them. */
export function drawTextSvg(drawing: Drawing<TextView>): string {
  const { values, title, signed } = drawing;
  const scale = attributionScale(values);
  const boxes = layOut(partsOf(drawing));
  const shown = boxes.filter(({ line }) => line < MAX_LINES);
  const lines = Math.max(0, ...shown.map(({ line }) => line)) + 1;
  const top = title ? MARGIN + 28 : MARGIN;
  const bottom = top + lines * LINE + 8;
  return svgDocument(
    { width: WIDTH, height: bottom + 40, title: title ?? 'Text with its attribution' },
    title !== undefined && svg('text', { x: MARGIN, y: MARGIN + 12, 'font-size': 15, 'font-weight': 600 }, title),
    shown.map((box) => word(box, top, scale)),
    shown.length < boxes.length && svg('text', { x: MARGIN, y: bottom }, 'The text goes on.'),
    scaleBar(bottom + 8, scale, signed),
  );
}

function word({ text, value, marked, found, x, line, width }: Box, top: number, scale: number): Markup | false {
  if (text.trim() === '') return false;
  const y = top + line * LINE;
  const color = attributionColor((value ?? 0) / scale);
  const inner = {
    x: x + 1,
    y: y + 19,
    'font-size': SIZE,
    'font-family': 'ui-monospace, "DejaVu Sans Mono", monospace',
  };
  return svg(
    'g',
    {},
    value !== undefined && svg('title', {}, `${text} ${signedNumber(value)}`),
    svg('rect', { x, y, width: width + 2, height: LINE - 4, rx: 3, fill: hex(color) }),
    svg('text', { ...inner, fill: inkOn(color), textLength: width, lengthAdjust: 'spacingAndGlyphs' }, text),
    (marked || found) &&
      svg('path', {
        d: `M${x} ${y + LINE - 3}h${width + 2}`,
        stroke: '#000',
        'stroke-width': marked ? 2 : 1,
        ...(found && { 'stroke-dasharray': '2 2' }),
      }),
  );
}

const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60]|\p{Extended_Pictographic}/u;
const NO_WIDTH = /[\p{M}\p{Cf}]/u;

function widthOf(text: string): number {
  let letters = 0;
  for (const character of text) letters += NO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return letters * LETTER;
}

/** Between neighbours, so that their colours can be told apart. */
const GAP = 3;

type Piece = Pick<Box, 'text' | 'value' | 'marked' | 'found' | 'width'>;

/** Puts the parts into lines. A word and the signs beside it stay together where a line has room for them. */
function layOut(parts: readonly Part[]): Box[] {
  const boxes: Box[] = [];
  const room = WIDTH - 2 * MARGIN;
  let [x, line] = [0, 0];
  for (const run of runsOf(parts, room)) {
    if (run[0]?.text === '\n') {
      [x, line] = [0, line + 1];
      continue;
    }
    const width = run.reduce((sum, piece) => sum + piece.width + GAP, -GAP);
    if (x > 0 && x + width > room && run[0]?.text.trim() !== '') [x, line] = [0, line + 1];
    for (const piece of run) {
      if (x > 0 && x + piece.width > room && piece.text.trim() !== '') [x, line] = [0, line + 1];
      boxes.push({ ...piece, x: MARGIN + x, line });
      x += piece.width + GAP;
    }
  }
  return boxes;
}

/** Pieces with nothing between them; whitespace and line breaks are runs of their own. */
function runsOf(parts: readonly Part[], room: number): Piece[][] {
  const runs: Piece[][] = [];
  let open = false;
  for (const { text, ...look } of parts) {
    for (const piece of text.split(/(\n)|([^\S\n]+)/).filter((part) => part !== undefined && part !== '')) {
      const isWord = piece.trim() !== '';
      const pieces = chunksOf(piece, room).map((chunk) => ({ ...look, text: chunk, width: widthOf(chunk) }));
      const last = isWord && open ? runs.at(-1) : undefined;
      if (last) for (const one of pieces) last.push(one);
      else runs.push(pieces);
      open = isWord;
    }
  }
  return runs;
}

/** A piece that is no wider than a line, or parts of it. */
function chunksOf(piece: string, room: number): string[] {
  if (piece.length * 2 * LETTER <= room || widthOf(piece) <= room) return [piece];
  const size = Math.floor(room / (2 * LETTER));
  const characters = [...piece];
  return Array.from({ length: Math.ceil(characters.length / size) }, (_, i) =>
    characters.slice(i * size, (i + 1) * size).join(''),
  );
}

/** Colours from the least to the largest value. */
function scaleBar(y: number, scale: number, signed: boolean): Markup {
  const parts = 40;
  const width = 160;
  const end = signedNumber(scale).replace('+', '');
  const value = (i: number) => (signed ? (2 * (i + 0.5)) / parts - 1 : (i + 0.5) / parts);
  return svg(
    'g',
    { 'font-size': 11, fill: '#59636e' },
    Array.from({ length: parts }, (_, i) =>
      svg('rect', {
        x: MARGIN + (i * width) / parts,
        y,
        width: width / parts + 0.3,
        height: 8,
        fill: hex(attributionColor(value(i))),
      }),
    ),
    svg('text', { x: MARGIN, y: y + 21 }, signed ? `-${end}` : '0'),
    svg('text', { x: MARGIN + width, y: y + 21, 'text-anchor': 'end' }, signed ? `+${end}` : end),
  );
}
