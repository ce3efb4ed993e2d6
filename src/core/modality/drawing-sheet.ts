/** Drawings of several methods below each other: what a contact sheet is for images. */
import { svg, svgDocument } from './svg.ts';

/** One method on a sheet: its drawing, or the reason why there is none. */
export interface DrawnCell {
  readonly label: string;
  /** Whole SVG document, as a modality draws it. */
  readonly drawing?: string;
  readonly note?: string;
}

const [MARGIN, HEADING, GAP, NOTE_HEIGHT] = [16, 24, 18, 28];
const MIN_WIDTH = 480;

/**
 * Stacks drawings with their labels into one SVG document.
 *
 * @example
 * drawingSheet('good film', [{ label: 'occlusion', drawing }, { label: 'grad_cam', note: 'unprocessable_method' }]);
 */
export function drawingSheet(title: string, cells: readonly DrawnCell[]): string {
  let top = MARGIN;
  let width = MIN_WIDTH;
  const parts = cells.map(({ label, drawing, note = '' }) => {
    const heading = svg('text', { x: MARGIN, y: top + 14, 'font-weight': 600, 'font-size': 14 }, label);
    const size = drawing === undefined ? { width: MIN_WIDTH, height: NOTE_HEIGHT } : sizeOf(drawing);
    const at = top + HEADING;
    top = at + size.height + GAP;
    width = Math.max(width, size.width);
    return drawing === undefined
      ? [heading, svg('text', { x: MARGIN, y: at + 14, fill: '#666' }, note)]
      : [heading, { markup: drawing.replace('<svg ', `<svg x="${MARGIN}" y="${at}" `) }];
  });
  return svgDocument({ width: width + 2 * MARGIN, height: top, title }, parts);
}

/** Width and height that the root element of a drawing states, in pixels. */
function sizeOf(drawing: string): { readonly width: number; readonly height: number } {
  const root = drawing.slice(0, drawing.indexOf('>'));
  const side = (name: string): number => Number(new RegExp(` ${name}="([\\d.]+)"`).exec(root)?.[1] ?? 0);
  return { width: side('width'), height: side('height') };
}
