/** A series with its attribution as HTML: the drawing, and its features as a table. */
import { signedNumber } from '../../core/modality/colors.ts';
import type { Drawing } from '../../core/modality/modality.ts';
import { type Markup, svg } from '../../core/modality/svg.ts';
import { byMagnitude, drawSeriesSvg } from './draw-svg.ts';
import type { Series } from './series.ts';

/** Rows of the table, the strongest features first. */
const ROWS = 50;

/** A fragment of HTML: `<figure>` with the SVG and a table that opens on demand. */
export function drawSeriesHtml(drawing: Drawing<Series>): string {
  const picture: Markup = { markup: drawSeriesSvg(drawing) };
  return svg('figure', { class: 'whylight-series' }, picture, featureTable(drawing)).markup;
}

/** The strongest features with their values. */
export function featureTable({ features, values }: Pick<Drawing, 'features' | 'values'>): Markup {
  const order = byMagnitude(values).slice(0, ROWS);
  const row = (i: number) =>
    svg('tr', {}, svg('td', {}, features.list[i]?.name), svg('td', {}, signedNumber(values[i] as number)));
  return svg(
    'details',
    {},
    svg('summary', {}, `${order.length} strongest of ${features.list.length} features`),
    svg(
      'table',
      {},
      svg('thead', {}, svg('tr', {}, svg('th', {}, 'feature'), svg('th', {}, 'attribution'))),
      svg('tbody', {}, order.map(row)),
    ),
  );
}
