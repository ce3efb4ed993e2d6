/** Features of a series: windows of time, of each channel or of all of them. */
import type { Feature, Features } from '../../core/modality/modality.ts';
import type { SignalAxes } from './axes.ts';
import { invalidSeries, type Series } from './series.ts';
import { type WindowOptions, windowEdges, windowNames } from './windows.ts';

export interface SeriesFeatureOptions extends WindowOptions {
  /** Features of a window: one for `each` channel, or one for `all`. The default is `each` for 2 to 12 channels. */
  readonly channels?: 'each' | 'all';
}

/** Number of channels up to which each is a feature by itself. */
const MAX_CHANNELS = 12;
const MAX_FEATURES = 4096;

/**
 * Windows of a series, channel after channel: `0.4 to 0.5 s`, `x, 0.4 to 0.5 s`. The channel is the group.
 * @param input name of the input that the series becomes
 * @throws WhylightError for more than 4096 features, and as `windowEdges`.
 */
export function seriesFeatures(
  input: string,
  axes: SignalAxes,
  { channels, steps, time }: Pick<Series, 'channels' | 'steps' | 'time'>,
  options: SeriesFeatureOptions = {},
): Features {
  const count = channels.length;
  const each = count > 1 && (options.channels ?? (count <= MAX_CHANNELS ? 'each' : 'all')) === 'each';
  const parts = each ? count : 1;
  const edges = windowEdges(steps, time, parts, options);
  const windows = edges.length - 1;
  if (windows * parts > MAX_FEATURES) {
    throw invalidSeries(
      `${windows} windows of ${parts} channels are ${windows * parts} features: at most ${MAX_FEATURES} are compared. Ask for fewer windows.`,
      { features: windows * parts, max: MAX_FEATURES },
    );
  }
  const names = windowNames(edges, time);
  const list = Array.from({ length: parts }, (_, c) =>
    names.map((name, w): Feature => {
      const at = {
        start: time.start + (edges[w] as number) * time.step,
        end: time.start + (edges[w + 1] as number) * time.step,
      };
      return each ? { name: `${channels[c]}, ${name}`, ...at, group: c } : { name, ...at };
    }),
  ).flat();
  const mask = new Int32Array(axes.dims.reduce((n, d) => n * d, 1)).fill(-1);
  for (let c = 0; c < count; c++) {
    for (let w = 0; w < windows; w++) {
      for (let t = edges[w] as number; t < (edges[w + 1] as number); t++) {
        mask[t * axes.stride.T + c * axes.stride.C] = each ? c * windows + w : w;
      }
    }
  }
  return { list, mask: { [input]: mask }, ...(each && { groups: channels }) };
}
