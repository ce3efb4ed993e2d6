/** A row of a table with its attribution as HTML. */
import { attributionColor, attributionScale, hex, inkOn } from '../../core/modality/colors.ts';
import type { Drawing } from '../../core/modality/modality.ts';
import { escapeXml } from '../../core/modality/svg.ts';
import { barsOf } from './bars.ts';
import { drawWaterfall } from './draw-svg.ts';

/** The waterfall with a table of all values below it, for readers who see no drawing. */
export function drawTableHtml(drawing: Drawing): string {
  const { features, values, title = 'Table' } = drawing;
  const scale = attributionScale(values);
  const texts = new Map(barsOf({ ...drawing, values }).map(({ name, text }) => [name, text]));
  const rows = features.list.map(({ name }, i) => {
    const value = values[i] as number;
    const color = attributionColor(value / scale);
    const text = texts.get(name) ?? String(Number(value.toPrecision(3)));
    return `<tr><th scope="row">${escapeXml(name)}</th><td style="background:${hex(color)};color:${inkOn(color)}">${escapeXml(text)}</td></tr>`;
  });
  return `<figure class="whylight-table">${drawWaterfall(drawing)}<details><summary>All columns of ${escapeXml(title)}</summary><table><tbody>${rows.join('')}</tbody></table></details></figure>`;
}
