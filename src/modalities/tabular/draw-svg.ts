/** A row of a table with its attribution as SVG. */
import { attributionColor, hex } from '../../core/modality/colors.ts';
import type { Drawing } from '../../core/modality/modality.ts';
import { type Markup, svg, svgDocument } from '../../core/modality/svg.ts';
import { type Bar, barsOf } from './bars.ts';

const WIDTH = 760;
const LEFT = 290;
const RIGHT = 90;
const TOP = 58;
const STEP = 30;
const INK = '#1f2328';
const MUTED = '#59636e';
const FRAME = '#c8ced4';

/** Characters of a name that fit beside the bars. */
const NAME_LENGTH = 40;

/**
 * Waterfall: each column moves the score from where the columns above it left it, beginning at the baseline's score (0).
 * Unsigned values are bars from 0.
 */
export function drawWaterfall(drawing: Drawing): string {
  const { title = 'Table', signed } = drawing;
  const bars = barsOf(drawing);
  const end = (bars.at(-1)?.start ?? 0) + (bars.at(-1)?.value ?? 0);
  const ends = signed ? bars.flatMap(({ start, value }) => [start, start + value]) : bars.map(({ value }) => value);
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const at = (value: number): number => LEFT + ((value - low) / (high - low || 1)) * (WIDTH - LEFT - RIGHT);
  const bottom = TOP + bars.length * STEP;
  const total = signed ? `sum ${bars.length > 0 ? Number(end.toPrecision(3)) : 0}` : 'magnitudes';
  return svgDocument(
    {
      width: WIDTH,
      height: bottom + 34,
      title: `${title}: ${bars
        .slice(0, 3)
        .map(({ name, text }) => `${name} ${text}`)
        .join(', ')}`,
    },
    svg('text', { x: 16, y: 24, 'font-size': 16, 'font-weight': 600, fill: INK }, title),
    svg(
      'text',
      { x: 16, y: 43, fill: MUTED },
      signed ? 'change of the score from the baseline, the strongest column first' : 'strength of each column',
    ),
    svg('line', { x1: at(0), x2: at(0), y1: TOP - 4, y2: bottom, stroke: FRAME }),
    bars.map((bar, i) => row(bar, TOP + i * STEP, at, signed, i < bars.length - 1)),
    svg(
      'text',
      { x: signed ? at(end) : at(0), y: bottom + 20, 'text-anchor': 'middle', fill: MUTED, 'font-size': 12 },
      total,
    ),
  );
}

function row(
  { name, value, text, start }: Bar,
  y: number,
  at: (value: number) => number,
  signed: boolean,
  more: boolean,
): Markup {
  const [from, to] = signed ? [at(start), at(start + value)] : [at(0), at(value)];
  const x = Math.min(from, to);
  const width = Math.max(1, Math.abs(to - from));
  const shown = name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name;
  return svg(
    'g',
    { 'font-size': 12 },
    svg('text', { x: LEFT - 12, y: y + 18, 'text-anchor': 'end', fill: INK }, shown),
    svg(
      'rect',
      { x, y: y + 5, width, height: STEP - 10, fill: hex(attributionColor(Math.sign(value))) },
      svg('title', {}, `${name}: ${text}`),
    ),
    signed &&
      more &&
      svg('line', { x1: to, x2: to, y1: y + STEP - 5, y2: y + STEP + 5, stroke: MUTED, 'stroke-dasharray': '2 2' }),
    svg('text', { x: x + width + 6, y: y + 18, fill: INK }, text),
  );
}
