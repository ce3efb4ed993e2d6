/** Page with the curves of attribution shares: HTML with inline SVG that loads and runs nothing. */
import { decimal, escapeXml, type Markup, svg } from '../../core/modality/svg.ts';
import type { DriftView, DriftViewCurve } from './drift-view.ts';

const SIZE = { width: 720, height: 260, left: 44, right: 12, top: 12, bottom: 28 };
/** Colours that are told apart on white and on black; further groups repeat them with dashes. */
const COLOURS = ['#1f77d0', '#d2691e', '#2e9e4f', '#c23bb0', '#b08900', '#d04545', '#1aa0a0', '#8a6de0'];
const DASHES = ['', '6 4', '2 3'];
/** Groups of a curve that are drawn, those of the largest shares; the table has all. */
const MAX_GROUPS = 12;

const STYLE = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
svg{max-width:100%;height:auto}svg text{fill:currentColor;font-size:12px}
.grid{stroke:currentColor;opacity:.15}.curve{fill:none;stroke-width:2}
ul.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0;font-size:.9rem}
table{border-collapse:collapse;font-size:.85rem}td,th{padding:.1rem .6rem;text-align:right}th:first-child{text-align:left}
details{overflow-x:auto}`;

/** Draws the page. */
export function driftPage(view: DriftView): string {
  const title = `Attribution drift of ${view.model}`;
  const curves = view.curves.map(section).join('\n');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeXml(title)}</title>
<style>${STYLE}</style>
<h1>${escapeXml(title)}</h1>
<p>Share of the attribution by feature group since ${day(view.since)}, of a sample of the answers, ${span(view.step_hours)} a point.
A share is the mean over the rows of that time. The page holds no input, and no tenant is named.</p>
${curves || '<p>Nothing was counted in this time. A curve needs answers in the sample: see DRIFT_RATE.</p>'}
</html>
`;
}

function section(curve: DriftViewCurve): string {
  const { method, version, rows, change } = curve;
  const groups = groupsOf(curve);
  const name = curve.class === '' ? 'all rows' : curve.class;
  const moved =
    change === undefined
      ? 'Too few rows to compare the last day with the days before.'
      : `The last day differs from the days before by ${change.toFixed(2)} (0 is equal, 1 is nothing in common).`;
  return `<section>
<h2>${escapeXml(`${name}, ${method}, version ${version}`)}</h2>
<p>${rows} rows. ${moved}</p>
${chart(curve, groups.slice(0, MAX_GROUPS), `Shares of ${name} by ${method}`)}
<ul class="legend">${groups.slice(0, MAX_GROUPS).map(legendEntry).join('')}</ul>
<details><summary>Numbers</summary>${table(curve, groups)}</details>
</section>`;
}

/** Groups in the order of their mean share, the largest first. */
function groupsOf({ points }: DriftViewCurve): string[] {
  const sums = new Map<string, number>();
  for (const { shares, rows } of points) {
    for (const [group, share] of Object.entries(shares)) sums.set(group, (sums.get(group) ?? 0) + share * rows);
  }
  return [...sums].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([group]) => group);
}

function chart({ points }: DriftViewCurve, groups: readonly string[], title: string): string {
  const { width, height, left, right, top, bottom } = SIZE;
  const times = points.map(({ at }) => Date.parse(at));
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const largest = Math.max(0.1, ...points.flatMap(({ shares }) => groups.map((group) => shares[group] ?? 0)));
  // The four lines of the grid are at whole percents.
  const max = Math.ceil(25 * largest) / 25;
  const x = (time: number) => left + ((width - left - right) * (time - first)) / Math.max(1, last - first);
  const y = (share: number) => height - bottom - ((height - top - bottom) * share) / max;
  const lines = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = decimal(y(part * max));
    return [
      svg('line', { class: 'grid', x1: left, x2: width - right, y1: at, y2: at }),
      svg('text', { x: left - 6, y: Number(at) + 4, 'text-anchor': 'end' }, `${Math.round(100 * part * max)}%`),
    ];
  });
  const dates = [...new Set([first, last])].map((time, i) =>
    svg('text', { x: x(time), y: height - 8, 'text-anchor': i === 0 ? 'start' : 'end' }, hour(time)),
  );
  const curves = groups.map((group, i) =>
    curveOf(
      group,
      i,
      points.map(({ shares }, at) => [x(times[at] as number), y(shares[group] ?? 0)]),
    ),
  );
  return svg(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': title },
    lines,
    dates,
    curves,
  ).markup;
}

/** A line, with a dot for each point, whose title names group and share for a pointer. */
function curveOf(group: string, i: number, places: readonly (readonly [number, number])[]): Markup {
  const [stroke, dash] = strokeOf(i);
  const path = places.map(([x, y]) => `${decimal(x)},${decimal(y)}`).join(' ');
  return svg(
    'g',
    {},
    svg('title', {}, group),
    svg('polyline', { class: 'curve', points: path, stroke, 'stroke-dasharray': dash || undefined }),
    places.map(([cx, cy]) => svg('circle', { cx: decimal(cx), cy: decimal(cy), r: 2.5, fill: stroke })),
  );
}

const strokeOf = (i: number): [colour: string, dash: string] => [
  COLOURS[i % COLOURS.length] as string,
  DASHES[Math.floor(i / COLOURS.length) % DASHES.length] as string,
];

function legendEntry(group: string, i: number): string {
  const [stroke, dash] = strokeOf(i);
  const line = svg('line', {
    x1: 0,
    x2: 24,
    y1: 6,
    y2: 6,
    stroke,
    'stroke-width': 3,
    'stroke-dasharray': dash || undefined,
  });
  return `<li>${svg('svg', { width: 24, height: 12, 'aria-hidden': 'true' }, line).markup} ${escapeXml(group)}</li>`;
}

function table({ points }: DriftViewCurve, groups: readonly string[]): string {
  const head = ['Time (UTC)', 'Rows', ...groups].map((text) => `<th scope="col">${escapeXml(text)}</th>`).join('');
  const rows = points.map(({ at, rows: count, shares }) => {
    const cells = groups.map((group) => `<td>${(100 * (shares[group] ?? 0)).toFixed(1)}%</td>`).join('');
    return `<tr><th scope="row">${hour(Date.parse(at))}</th><td>${count}</td>${cells}</tr>`;
  });
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

const day = (at: string): string => at.slice(0, 10);
const hour = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
const span = (hours: number): string => (hours === 1 ? 'an hour' : `${hours} hours`);
