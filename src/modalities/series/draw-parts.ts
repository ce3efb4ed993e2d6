/** Parts of drawings of signals: the axis of time, the scale of colours, the curve. */
import { attributionColor, hex } from '../../core/modality/colors.ts';
import { type Markup, svg } from '../../core/modality/svg.ts';
import { digitsFor } from './windows.ts';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const INK = '#1f2328';
export const MUTED = '#59636e';
export const FRAME = '#c8ced4';

/** Round values between two ends, about as many as asked for. */
export function ticks(low: number, high: number, about: number): number[] {
  const rough = (high - low) / about;
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999) as number;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** Numbers with as few digits as keep them apart. */
export function tickLabels(values: readonly number[]): string[] {
  const digits = values.length > 1 ? digitsFor(values) : 2;
  return values.map((value) => String(Number(value.toFixed(digits)) + 0));
}

/** Axis below a box, from `low` to `high`. */
export function bottomAxis({ x, y, width, height }: Box, low: number, high: number, title: string): Markup {
  const values = ticks(low, high, Math.max(2, width / 90));
  const labels = tickLabels(values);
  const bottom = y + height;
  const at = (value: number) => x + ((value - low) / (high - low || 1)) * width;
  return svg(
    'g',
    { fill: MUTED, stroke: 'none', 'font-size': 11 },
    values.map((value, i) => [
      svg('line', { x1: at(value), x2: at(value), y1: bottom, y2: bottom + 4, stroke: MUTED }),
      svg('text', { x: at(value), y: bottom + 16, 'text-anchor': 'middle' }, labels[i]),
    ]),
    svg('text', { x: x + width / 2, y: bottom + 32, 'text-anchor': 'middle', 'font-size': 12 }, title),
  );
}

/** Scale of colours at the right: the largest magnitude at its ends, or 0 below where values have no sign. */
export function colorBar({ x, y, height }: Omit<Box, 'width'>, scale: number, signed: boolean): Markup {
  const parts = 64;
  const width = 12;
  const value = (i: number) => (signed ? 1 - (2 * (i + 0.5)) / parts : 1 - (i + 0.5) / parts);
  const label = (text: string, at: number) => svg('text', { x: x + width + 5, y: at + 4 }, text);
  const end = String(Number(scale.toPrecision(2)));
  return svg(
    'g',
    { 'font-size': 11, fill: MUTED },
    Array.from({ length: parts }, (_, i) =>
      svg('rect', {
        x,
        y: y + (i * height) / parts,
        width,
        height: height / parts + 0.3,
        fill: hex(attributionColor(value(i))),
      }),
    ),
    svg('rect', { x, y, width, height, fill: 'none', stroke: FRAME }),
    label(signed ? `+${end}` : end, y + 4),
    signed && label('0', y + height / 2),
    label(signed ? `-${end}` : '0', y + height - 4),
  );
}

/** Smallest and largest value that is there; a constant gets some room on both sides. */
export function extent(values: Iterable<number>): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [-1, 1];
  return low === high ? [low - 1, high + 1] : [low, high];
}

/**
 * Path data of a curve over a box. Where there are more values than pixels, each column goes from its smallest to its
 * largest value, so that no peak is lost. Missing values leave a gap.
 */
export function curvePath(values: Float64Array, { x, y, width, height }: Box, [low, high]: [number, number]): string {
  const top = (value: number) => (y + height - ((value - low) / (high - low)) * height).toFixed(1);
  const columns = Math.floor(width);
  const step = (i: number, part: number) => (x + ((i + part) / values.length) * width).toFixed(1);
  if (values.length <= 2 * columns)
    return pathOf([...values].map((value, i) => (Number.isNaN(value) ? undefined : `${step(i, 0.5)} ${top(value)}`)));
  const points: (string | undefined)[] = [];
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * values.length) / columns);
    const part = values.subarray(from, Math.floor(((column + 1) * values.length) / columns));
    if (part.every(Number.isNaN)) {
      points.push(undefined);
      continue;
    }
    const lowest = part.reduce((a, b) => (b < a || Number.isNaN(a) ? b : a));
    const highest = part.reduce((a, b) => (b > a || Number.isNaN(a) ? b : a));
    points.push(`${(x + column + 0.5).toFixed(1)} ${top(lowest)}`, `${(x + column + 0.5).toFixed(1)} ${top(highest)}`);
  }
  return pathOf(points);
}

function pathOf(points: readonly (string | undefined)[]): string {
  return points
    .map((point, i) => (point === undefined ? '' : `${i === 0 || points[i - 1] === undefined ? 'M' : 'L'}${point}`))
    .join('');
}

/** A curve that is read on any colour: dark over a wider pale one, finer where it has many values. */
export function curve(d: string, steps: number): Markup {
  const width = steps > 2000 ? 0.7 : 1.4;
  const shared = { d, fill: 'none', 'stroke-linejoin': 'round' };
  return svg(
    'g',
    {},
    svg('path', { ...shared, stroke: '#fff', 'stroke-opacity': 0.6, 'stroke-width': width + 2 }),
    svg('path', { ...shared, stroke: INK, 'stroke-width': width }),
  );
}
