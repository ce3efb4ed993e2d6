/** A series with its attribution as HTML: the drawing, and its features as a table. */
import { featureTable } from '../../core/modality/feature-list.ts';
import type { Drawing } from '../../core/modality/modality.ts';
import { type Markup, svg } from '../../core/modality/svg.ts';
import { drawSeriesSvg } from './draw-svg.ts';
import type { Series } from './series.ts';

/** A fragment of HTML: `<figure>` with the SVG and a table that opens on demand. */
export function drawSeriesHtml(drawing: Drawing<Series>): string {
  const curves: Markup = { markup: drawSeriesSvg(drawing) };
  return svg('figure', { class: 'whylight-series' }, curves, featureTable(drawing)).markup;
}
