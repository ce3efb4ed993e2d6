/** A text with its attribution as HTML. */
import { attributionColor, attributionScale, hex, inkOn, signedNumber } from '../../core/modality/colors.ts';
import { featureTable } from '../../core/modality/feature-list.ts';
import type { Drawing } from '../../core/modality/modality.ts';
import { svg } from '../../core/modality/svg.ts';
import { partsOf } from './draw-list.ts';
import type { TextView } from './features.ts';

/**
 * A fragment of HTML: `<figure>` with the text, each feature a `<mark>` whose title is its value, and a table of the
 * strongest features that opens on demand.
 */
export function drawTextHtml(drawing: Drawing<TextView>): string {
  const { values, title } = drawing;
  const scale = attributionScale(values);
  const words = partsOf(drawing).map(({ text, value, marked, found }) => {
    if (value === undefined) return text;
    const color = attributionColor(value / scale);
    const style = `background:${hex(color)};color:${inkOn(color)};border-radius:3px;padding:0 1px${marked ? ';text-decoration:underline 2px' : found ? ';text-decoration:underline dotted' : ''}`;
    return svg('mark', { style, title: signedNumber(value) }, text);
  });
  return svg(
    'figure',
    { class: 'whylight-text' },
    title !== undefined && svg('figcaption', {}, title),
    svg('p', { dir: 'auto', style: 'white-space:pre-wrap;line-height:1.6' }, words),
    featureTable(drawing),
  ).markup;
}
