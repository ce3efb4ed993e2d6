/** A text with its attribution as HTML. */
import { attributionColor, attributionScale, hex, inkOn, signedNumber } from '../../core/modality/colors.ts';
import type { Drawing } from '../../core/modality/modality.ts';
import { svg } from '../../core/modality/svg.ts';
import { partsOf, strongest } from './draw-list.ts';
import type { TextView } from './features.ts';

/** Rows of the table, the strongest features first. */
const ROWS = 50;

/**
 * A fragment of HTML: `<figure>` with the text, each feature a `<mark>` whose title is its value, and a table of the
 * strongest features that opens on demand.
 */
export function drawTextHtml(drawing: Drawing<TextView>): string {
  const { features, values, title } = drawing;
  const scale = attributionScale(values);
  const words = partsOf(drawing).map(({ text, value }) => {
    if (value === undefined) return text;
    const color = attributionColor(value / scale);
    const style = `background:${hex(color)};color:${inkOn(color)};border-radius:3px;padding:0 1px`;
    return svg('mark', { style, title: signedNumber(value) }, text);
  });
  const order = strongest(values, ROWS);
  const row = (i: number) =>
    svg('tr', {}, svg('td', {}, features.list[i]?.name), svg('td', {}, signedNumber(values[i] as number)));
  return svg(
    'figure',
    { class: 'whylight-text' },
    title !== undefined && svg('figcaption', {}, title),
    svg('p', { dir: 'auto', style: 'white-space:pre-wrap;line-height:1.6' }, words),
    svg(
      'details',
      {},
      svg('summary', {}, `${order.length} strongest of ${features.list.length} features`),
      svg(
        'table',
        {},
        svg('thead', {}, svg('tr', {}, svg('th', {}, 'feature'), svg('th', {}, 'attribution'))),
        svg('tbody', {}, order.map(row)),
      ),
    ),
  ).markup;
}
