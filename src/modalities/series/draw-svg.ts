/** A series with its attribution as SVG: the curve of each channel over coloured windows. */

import { attributionColor, attributionScale, hex, signedNumber } from '../../core/modality/colors.ts';
import { byMagnitude } from '../../core/modality/feature-list.ts';
import type { Drawing, Feature } from '../../core/modality/modality.ts';
import { type Markup, svg, svgDocument } from '../../core/modality/svg.ts';
import {
  type Box,
  bottomAxis,
  colorBar,
  curve,
  curvePath,
  extent,
  FRAME,
  INK,
  MUTED,
  tickLabels,
} from './draw-parts.ts';
import type { Series } from './series.ts';

const WIDTH = 880;
const [LEFT, RIGHT, TOP, GAP] = [62, 84, 58, 10];
/** Channels that are drawn; a line of text names the number of the others. */
const MAX_PANELS = 12;
/** Values that are written at their windows. */
const LABELS = 3;
/** Pixels that one takes. */
const LABEL_WIDTH = 46;

/**
 * SVG of one series. Blue windows speak against the target, red ones for it; the strongest carry their values.
 */
export function drawSeriesSvg(drawing: Drawing<Series>): string {
  const { view, features, values, title = 'Time series', signed } = drawing;
  const panels = view.channels.slice(0, MAX_PANELS);
  const height = panels.length === 1 ? 220 : panels.length <= 3 ? 130 : 76;
  const plot = { x: LEFT, y: TOP, width: WIDTH - LEFT - RIGHT, height: panels.length * (height + GAP) - GAP };
  const { start, step, unit } = view.time;
  const end = start + view.steps * step;
  const scale = attributionScale(values);
  const left = view.channels.length - panels.length;
  return svgDocument(
    { width: WIDTH, height: TOP + plot.height + 44, title: `${title}: ${strongest(features.list, values)}` },
    heading(
      title,
      `strongest: ${strongest(features.list, values)}${left > 0 ? `; ${left} more channels are not drawn` : ''}`,
    ),
    panels.map((_, c) => {
      const box = { ...plot, y: TOP + c * (height + GAP), height };
      return panel(drawing, c, box, scale);
    }),
    bottomAxis(plot, start, end, unit === 'step' ? 'step' : `time (${unit})`),
    colorBar({ x: WIDTH - RIGHT + 24, y: TOP, height: Math.min(plot.height, 220) }, scale, signed),
  );
}

/** Title and a smaller line below it. */
export const heading = (title: string, line: string): Markup =>
  svg(
    'g',
    { fill: INK },
    svg('text', { x: 16, y: 24, 'font-size': 16, 'font-weight': 600 }, title),
    svg('text', { x: 16, y: 43, fill: MUTED }, line),
  );

/** The features of the largest magnitude, with their values. */
export function strongest(list: readonly Feature[], values: ArrayLike<number>): string {
  const order = byMagnitude(values).slice(0, LABELS);
  return order.map((i) => `${list[i]?.name} ${signedNumber(values[i] as number)}`).join(', ');
}

function panel(drawing: Drawing<Series>, channel: number, box: Box, scale: number): Markup {
  const { view, features, values } = drawing;
  const count = view.channels.length;
  const samples = Float64Array.from({ length: view.steps }, (_, t) => view.values[t * count + channel] as number);
  const [low, high] = extent(samples);
  const inner = { ...box, y: box.y + 16, height: box.height - 24 };
  const { start, step } = view.time;
  const at = (time: number) => box.x + ((time - start) / (view.steps * step)) * box.width;
  const own = features.list.map((_, i) => i).filter((i) => (features.list[i]?.group ?? channel) === channel);
  const yLabels = tickLabels([low, high]);
  return svg(
    'g',
    {},
    own.map((i) => {
      const { start: from = 0, end: to = 0, name } = features.list[i] as Feature;
      const fill = hex(attributionColor((values[i] as number) / scale));
      const tip = svg('title', {}, `${name}: ${signedNumber(values[i] as number)}`);
      // Half a pixel wider: neighbours of one colour shall not show a seam.
      return svg('rect', { x: at(from), y: box.y, width: at(to) - at(from) + 0.5, height: box.height, fill }, tip);
    }),
    svg('rect', { ...box, fill: 'none', stroke: FRAME }),
    curve(curvePath(samples, inner, [low, high]), view.steps),
    svg(
      'g',
      { 'font-size': 11, fill: MUTED, 'text-anchor': 'end' },
      svg('text', { x: box.x - 6, y: inner.y + inner.height + 4 }, yLabels[0]),
      svg('text', { x: box.x - 6, y: inner.y + 4 }, yLabels[1]),
    ),
    valueLabels(drawing, own, at, box),
    count > 1 && svg('text', { x: box.x + 6, y: box.y + 14, ...HALO, 'font-weight': 600 }, view.channels[channel]),
  );
}

/** Letters that are read on any colour. */
const HALO = { fill: INK, stroke: '#fff', 'stroke-width': 3, 'stroke-linejoin': 'round', 'paint-order': 'stroke' };

/** The values of the strongest features of a panel; of two that would overlap, the stronger one. */
function valueLabels(
  { features, values }: Drawing<Series>,
  own: readonly number[],
  at: (time: number) => number,
  box: Box,
): Markup[] {
  const taken: number[] = [];
  const labels: Markup[] = [];
  for (const i of byMagnitude(values).slice(0, LABELS)) {
    const { start = 0, end = 0 } = features.list[i] as Feature;
    const x = Math.max(box.x + 20, Math.min(box.x + box.width - 20, (at(start) + at(end)) / 2));
    if (!own.includes(i) || taken.some((other) => Math.abs(other - x) < LABEL_WIDTH)) continue;
    taken.push(x);
    const place = { x, y: box.y + box.height - 5, 'text-anchor': 'middle', 'font-size': 11 };
    labels.push(svg('text', { ...place, ...HALO }, signedNumber(values[i] as number)));
  }
  return labels;
}
