/** The metrics of several methods, as a table with bars and as plots: a part of both pages. */
import { metrics } from '../core/metrics/index.ts';
import { escapeHtml, linePlot } from './plots.ts';
import type { Mean, Summary } from './summary.ts';

/** Label of the horizontal axis for the curve of each metric. */
const AXES: Readonly<Record<string, string>> = {
  insertion: 'pixels put in',
  deletion: 'pixels taken away',
  road: 'pixels removed',
  parameter_randomisation: 'layers shuffled',
};

/** Empty when there are no metrics. */
export function measuresSection({ methods }: Summary): string {
  const ids = Object.keys(methods);
  const measured = [...new Set(ids.flatMap((id) => Object.keys(methods[id]?.metrics ?? {})))];
  if (measured.length === 0) return '';
  const rows = measured.map((metric) => {
    const means = ids.map((id) => methods[id]?.metrics[metric]);
    const about = metrics.get(metric)?.about;
    const better = about?.better ?? 'neither';
    const best = bestOf(means, better);
    const most = Math.max(...means.map((mean) => Math.abs(mean?.mean ?? 0))) || 1;
    const arrow = { higher: '↑', lower: '↓', neither: '' }[better];
    const cells = means.map((mean, i) => cell(mean, most, i === best));
    return `<tr><th scope="row" title="${escapeHtml(about?.summary ?? '')}">${escapeHtml(about?.title ?? metric)} <span class="arrow" title="${better} is better">${arrow}</span><small>${escapeHtml(about?.summary ?? '')}</small></th>${cells.join('')}</tr>`;
  });
  const curves = measured.flatMap((metric) => {
    const lines = ids.flatMap((id) => {
      const curve = methods[id]?.curves[metric];
      return curve ? [{ name: id, ...curve }] : [];
    });
    if (lines.length === 0) return [];
    const title = metrics.get(metric)?.about.title ?? metric;
    return [
      `<figure><figcaption>${escapeHtml(title)}</figcaption>${linePlot(title, lines, AXES[metric] ?? 'share')}</figure>`,
    ];
  });
  const legend = ids.map((id, i) => `<span class="key"><i class="swatch-${i}"></i>${escapeHtml(id)}</span>`);
  return (
    `<div class="scroll"><table class="measures"><thead><tr><td></td>${ids.map((id) => `<th scope="col">${escapeHtml(id)}</th>`).join('')}</tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table></div>` +
    (curves.length > 0 ? `<div class="legend">${legend.join('')}</div><div class="plots">${curves.join('')}</div>` : '')
  );
}

function bestOf(means: readonly (Mean | undefined)[], better: 'higher' | 'lower' | 'neither'): number {
  if (better === 'neither' || means.length < 2) return -1;
  const sign = better === 'higher' ? 1 : -1;
  const values = means.map((mean) => (mean && mean.count > 0 ? sign * mean.mean : -Infinity));
  return values.indexOf(Math.max(...values));
}

function cell(mean: Mean | undefined, most: number, best: boolean): string {
  if (!mean || mean.count === 0) return '<td class="none">does not apply</td>';
  const width = Math.round((100 * Math.abs(mean.mean)) / most);
  return (
    `<td${best ? ' class="best"' : ''}><span class="value">${short(mean.mean)}</span> <span class="error">± ${short(mean.error)}</span>` +
    `<span class="bar"><i style="width:${width}%"></i></span></td>`
  );
}

const short = (value: number): string => (value === 0 ? '0' : Number(value.toPrecision(3)).toString());
