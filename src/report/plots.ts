/** Small plots as SVG, in the colours of the page that they stand in. */

export interface Line {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

const [WIDTH, HEIGHT] = [340, 200];
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 10, 10, 26];

/** Lines over [0, 1], each in the class `series-<i>`. */
export function linePlot(title: string, lines: readonly Line[], xTitle: string): string {
  const values = lines.flatMap(({ y }) => y);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const span = high - low || 1;
  const x = (value: number) => LEFT + value * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => TOP + (1 - (value - low) / span) * (HEIGHT - TOP - BOTTOM);
  const ticks = [low, low + span / 2, high];
  const grid = ticks.map(
    (tick) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fix(y(tick))}" y2="${fix(y(tick))}"/>` +
      `<text x="${LEFT - 6}" y="${fix(y(tick) + 4)}" text-anchor="end">${Number(tick.toPrecision(2))}</text>`,
  );
  const paths = lines.map(
    (line, i) =>
      `<polyline class="series-${i}" points="${line.x.map((value, k) => `${fix(x(value))},${fix(y(line.y[k] as number))}`).join(' ')}"><title>${escapeHtml(line.name)}</title></polyline>`,
  );
  return (
    `<svg class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(`${title} over ${xTitle}: ${lines.map(({ name }) => name).join(', ')}`)}">${grid.join('')}${paths.join('')}` +
    `<text x="${LEFT}" y="${HEIGHT - 8}">0</text><text x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">100 %</text>` +
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escapeHtml(xTitle)}</text></svg>`
  );
}

const fix = (value: number): string => value.toFixed(1);

/** Text that may stand anywhere in HTML. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
