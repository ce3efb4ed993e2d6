export interface Line {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

interface LinePlotProps {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly xTitle: string;
}

const [WIDTH, HEIGHT] = [340, 200];
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 10, 10, 26];

/** Lines over [0, 1] as SVG, each in the class `series-<i>`. */
export function LinePlot({ title, lines, xTitle }: LinePlotProps) {
  const values = lines.flatMap(({ y }) => y);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const span = high - low || 1;
  const x = (value: number) => LEFT + value * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => TOP + (1 - (value - low) / span) * (HEIGHT - TOP - BOTTOM);
  const base = HEIGHT - 8;
  const label = `${title} over ${xTitle}: ${lines.map(({ name }) => name).join(', ')}`;
  return (
    <svg class="plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {[low, low + span / 2, high].map((tick) => (
        <g key={tick}>
          <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={fix(y(tick))} y2={fix(y(tick))} />
          <text x={LEFT - 6} y={fix(y(tick) + 4)} text-anchor="end">
            {Number(tick.toPrecision(2))}
          </text>
        </g>
      ))}
      {lines.map((line, i) => (
        <polyline
          key={line.name}
          class={`series-${i}`}
          points={line.x.map((value, k) => `${fix(x(value))},${fix(y(line.y[k] ?? 0))}`).join(' ')}
        >
          <title>{line.name}</title>
        </polyline>
      ))}
      <text x={LEFT} y={base}>
        0
      </text>
      <text x={WIDTH - RIGHT} y={base} text-anchor="end">
        100 %
      </text>
      <text x={(LEFT + WIDTH - RIGHT) / 2} y={base} text-anchor="middle">
        {xTitle}
      </text>
    </svg>
  );
}

const fix = (value: number): string => value.toFixed(1);
