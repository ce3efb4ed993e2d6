/** Attributions of many rows in one drawing: a line for each feature, a dot for each row. */
import { counted } from '../counted.ts';
import { attributionColor, hex } from './colors.ts';
import type { Feature } from './modality.ts';
import { type Markup, svg, svgDocument } from './svg.ts';

/** One explained row: its features, and the attribution of each. */
export interface SwarmRow {
  readonly features: readonly Pick<Feature, 'name' | 'key' | 'amount'>[];
  readonly values: ArrayLike<number>;
}

const [WIDTH, LEFT, RIGHT, TOP, STEP] = [760, 230, 40, 64, 38];
const [INK, MUTED, FRAME, UNKNOWN] = ['#1f2328', '#59636e', '#c8ced4', '#8c959f'];
const RADIUS = 3.2;
/** Lines of the drawing: the features with the largest mean magnitude. */
const MAX_LINES = 20;
/** Characters of a name that fit beside the dots. */
const NAME_LENGTH = 32;

interface Dot {
  readonly value: number;
  readonly amount: number | undefined;
}

/**
 * Beeswarm as SVG: dots lie along the attribution, side by side where they would overlap, and are blue for a low value of
 * the feature and red for a high one, by rank; grey where the value is no number.
 * @param rows explained for the same target
 *
 * @example
 * beeswarm('Gentoo', [{ features: [{ name: 'age = 44', key: 'age', amount: 44 }], values: [0.2] }]);
 */
export function beeswarm(title: string, rows: readonly SwarmRow[]): string {
  const lines = [...dotsByFeature(rows)]
    .map(([name, dots]) => ({ name, dots, weight: dots.reduce((sum, { value }) => sum + Math.abs(value), 0) }))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, MAX_LINES);
  const all = lines.flatMap(({ dots }) => dots.map(({ value }) => value));
  const [low, high] = all.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [0, 0]);
  const at = (value: number): number => LEFT + ((value - low) / (high - low || 1)) * (WIDTH - LEFT - RIGHT);
  const bottom = TOP + lines.length * STEP;
  const caption = `attribution of each of ${counted(rows.length, 'row')}; blue: low value of the feature, red: high, grey: no number`;
  return svgDocument(
    { width: WIDTH, height: bottom + 36, title: `${title}: ${lines.map(({ name }) => name).join(', ')}` },
    svg('text', { x: 16, y: 24, 'font-size': 16, 'font-weight': 600, fill: INK }, title),
    svg('text', { x: 16, y: 43, fill: MUTED }, caption),
    svg('line', { x1: at(0), x2: at(0), y1: TOP - 6, y2: bottom, stroke: FRAME }),
    lines.map(({ name, dots }, i) => lineOf(name, dots, TOP + (i + 0.5) * STEP, at)),
    [low, 0, high]
      .filter((value, i, ticks) => ticks.indexOf(value) === i)
      .map((value) =>
        svg(
          'text',
          { x: at(value), y: bottom + 18, 'text-anchor': 'middle', fill: MUTED },
          String(Number(value.toPrecision(2))),
        ),
      ),
  );
}

function dotsByFeature(rows: readonly SwarmRow[]): Map<string, Dot[]> {
  const dots = new Map<string, Dot[]>();
  for (const { features, values } of rows) {
    for (const [i, { name, key = name, amount }] of features.entries()) {
      const own = dots.get(key) ?? [];
      own.push({ value: values[i] as number, amount });
      dots.set(key, own);
    }
  }
  return dots;
}

function lineOf(name: string, dots: readonly Dot[], y: number, at: (value: number) => number): Markup {
  const color = colorsOf(dots);
  const taken = new Map<number, number>();
  const circles = dots.map((dot) => {
    const x = at(dot.value);
    // Dots of one column of the drawing stand above and below the line in turn, as far as the line is high.
    const column = Math.round(x / (1.6 * RADIUS));
    const before = taken.get(column) ?? 0;
    taken.set(column, before + 1);
    const offset = Math.ceil(before / 2) * (before % 2 === 0 ? 1 : -1) * 1.5 * RADIUS;
    const most = STEP / 2 - RADIUS;
    return svg('circle', {
      cx: x,
      cy: y + Math.max(-most, Math.min(most, offset)),
      r: RADIUS,
      fill: color(dot.amount),
    });
  });
  const shown = name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name;
  return svg(
    'g',
    { 'fill-opacity': 0.85 },
    svg('text', { x: LEFT - 14, y: y + 4, 'text-anchor': 'end', fill: INK }, shown),
    svg('line', { x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y, stroke: FRAME, 'stroke-width': 0.5 }),
    circles,
  );
}

/** Colour of a value by its rank among the others, so that one outlier does not make all others alike. */
function colorsOf(dots: readonly Dot[]): (amount: number | undefined) => string {
  const sorted = dots.flatMap(({ amount }) => (amount === undefined ? [] : [amount])).sort((a, b) => a - b);
  const last = sorted.length - 1;
  return (amount) => {
    if (amount === undefined) return UNKNOWN;
    const [first, end] = [sorted.indexOf(amount), sorted.lastIndexOf(amount)];
    const share = last === 0 ? 0.5 : (first + end) / 2 / last;
    const position = 2 * share - 1;
    // The middle of the colours is white, which is not seen on white.
    return hex(attributionColor(Math.sign(position || 1) * Math.max(0.25, Math.abs(position))));
  };
}
