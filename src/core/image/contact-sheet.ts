/** Many small images on one, each with a line of text below it. */
import { type Color, flatten, type Image, makeImage } from './image.ts';
import { drawText, fillRectangle, fitText, LETTER_WIDTH, LINE_HEIGHT, textWidth } from './text.ts';

export interface SheetCell {
  /** Stands below the cell. */
  readonly label: string;
  /** All cells are as large as the largest image; smaller ones are centred. */
  readonly image?: Image;
  /** Stands in the middle of a cell that has no image. */
  readonly note?: string;
}

export interface SheetOptions {
  /** Cells side by side; a sheet about as wide as high when left out. */
  readonly columns?: number;
}

const MARGIN = 8;
const WHITE: Color = [255, 255, 255];
const INK: Color = [24, 24, 27];
const EMPTY: Color = [228, 228, 231];
const WARNING: Color = [185, 28, 28];

/**
 * @param cells at least one, from left to right and from the top
 * @param options `columns` is an integer of at least 1
 */
export function contactSheet(cells: readonly SheetCell[], { columns }: SheetOptions = {}): Image {
  const dim = (side: 'width' | 'height') => Math.max(64, ...cells.map(({ image }) => image?.[side] ?? 0));
  const [width, height] = [dim('width'), dim('height')];
  const scale = width >= 360 ? 2 : 1;
  const stepRight = width + MARGIN;
  const stepDown = height + LINE_HEIGHT * scale + MARGIN;
  const across = Math.min(cells.length, columns ?? Math.ceil(Math.sqrt((cells.length * stepDown) / stepRight)));
  const down = Math.ceil(cells.length / across);
  const sheet = makeImage(MARGIN + across * stepRight, MARGIN + down * stepDown);
  sheet.data.fill(255);
  for (const [i, { image, label, note = '' }] of cells.entries()) {
    const x = MARGIN + (i % across) * stepRight;
    const y = MARGIN + Math.floor(i / across) * stepDown;
    fillRectangle(sheet, x, y, width, height, image ? WHITE : EMPTY);
    if (image) paste(sheet, image, x + ((width - image.width) >> 1), y + ((height - image.height) >> 1));
    else {
      const lines = wrap(note, Math.floor(width / (LETTER_WIDTH * scale)));
      const top = y + ((height - lines.length * LINE_HEIGHT * scale) >> 1);
      for (const [k, line] of lines.entries()) write(line, x, top + k * LINE_HEIGHT * scale, WARNING);
    }
    write(label, x, y + height + 2 * scale, INK);
  }
  return sheet;

  function write(text: string, x: number, y: number, color: Color): void {
    const line = fitText(text, width, scale);
    drawText(sheet, line, x + ((width - textWidth(line, scale)) >> 1), y, { color, scale });
  }
}

function paste(sheet: Image, image: Image, x: number, y: number): void {
  const { width, height, data } = flatten(image);
  for (let row = 0; row < height; row++) {
    sheet.data.set(data.subarray(row * width * 4, (row + 1) * width * 4), ((y + row) * sheet.width + x) * 4);
  }
}

/** Lines of at most so many letters, broken behind spaces and underscores. */
function wrap(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.match(/[^ _]+[ _]*/g) ?? []) {
    const last = lines.at(-1);
    if (last !== undefined && (last + word.trimEnd()).length <= most) lines[lines.length - 1] = last + word;
    else lines.push(word);
  }
  return lines.map((line) => line.trimEnd());
}
