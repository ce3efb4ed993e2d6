/** A series with its attribution for a terminal: a line of blocks for each channel, coloured by window. */
import { ansiBackground, attributionColor, attributionScale } from '../../core/modality/colors.ts';
import { barLines } from '../../core/modality/feature-list.ts';
import type { Drawing } from '../../core/modality/modality.ts';
import { extent, tickLabels } from './draw-parts.ts';
import type { Series } from './series.ts';

const COLUMNS = 72;
const BLOCKS = '▁▂▃▄▅▆▇█';
const MAX_CHANNELS = 12;
/** Features that are listed with a bar. */
const LISTED = 5;

/** Lines of text with 24-bit colours, at most 100 columns wide. */
export function drawSeriesAnsi({ view, features, values, title, signed }: Drawing<Series>): string {
  const scale = attributionScale(values);
  const shown = view.channels.slice(0, MAX_CHANNELS);
  const width = Math.max(...shown.map((name) => Math.min(16, name.length)));
  const columns = Math.min(COLUMNS, view.steps);
  const lines = shown.map((name, channel) => {
    const label = view.channels.length > 1 ? `${name.slice(0, 16).padEnd(width)} ` : '';
    return label + sparkline(view, channel, columns, (time) => valueAt({ features, values }, channel, time) / scale);
  });
  if (view.channels.length > shown.length) lines.push(`(${view.channels.length - shown.length} more channels)`);
  const indent = view.channels.length > 1 ? ' '.repeat(width + 1) : '';
  return [
    ...(title ? [title] : []),
    ...lines,
    indent + axisLine(view, columns),
    ...barLines(
      features.list.map(({ name }) => name),
      values,
      { count: LISTED, signed },
    ),
  ].join('\n');
}

/** The feature of a channel at a time. */
function valueAt({ features, values }: Pick<Drawing, 'features' | 'values'>, channel: number, time: number): number {
  const found = features.list.findIndex(
    ({ start = 0, end = 0, group = channel }) => group === channel && start <= time && time < end,
  );
  return found < 0 ? 0 : (values[found] as number);
}

function sparkline(
  { values, channels, steps, time }: Series,
  channel: number,
  columns: number,
  colour: (time: number) => number,
): string {
  const means = Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * steps) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * steps) / columns));
    const part = Array.from(
      { length: to - from },
      (_, i) => values[(from + i) * channels.length + channel] as number,
    ).filter((value) => !Number.isNaN(value));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const [low, high] = extent(means);
  return means
    .map((mean, column) => {
      const level = Math.min(BLOCKS.length - 1, Math.floor(((mean - low) / (high - low)) * BLOCKS.length));
      const block = Number.isNaN(mean) ? ' ' : (BLOCKS[level] as string);
      const at = time.start + Math.floor(((column + 0.5) * steps) / columns) * time.step;
      return ansiBackground(block, attributionColor(colour(at)));
    })
    .join('');
}

/** Start and end below the first and the last column. */
function axisLine({ time: { start, step, unit }, steps }: Series, columns: number): string {
  const [from = '', to = ''] = tickLabels([start, unit === 'step' ? start + steps - 1 : start + steps * step]);
  const end = unit === 'step' ? to : `${to} ${unit}`;
  return `${from} ${end.padStart(columns - from.length - 1)}`;
}
