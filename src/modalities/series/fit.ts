/** A series brought into the form that a model takes, or refused with both shapes. */
import { nearest } from '../../core/errors.ts';
import { atRate, invalidSeries, type Series, transposed } from './series.ts';
import type { SeriesSettings } from './settings.ts';

/** Lengths that the model fixes; undefined where they are open. */
export interface Wanted {
  readonly steps?: number;
  readonly channels?: number;
}

/**
 * The series in the model's order of channels, with the time axis of the manifest, normalised. Where only the exchange
 * of time and channels fits the model, they are exchanged, and the notes say so.
 * @throws WhylightError for lengths that do not fit, unknown or missing channels, and missing values.
 */
export function fitSeries(series: Series, wanted: Wanted, settings: SeriesSettings): Series {
  const oriented = orient(series, wanted);
  const ordered = order(oriented, settings);
  checkMissing(ordered, settings);
  const values = settings.normalize === 'none' ? ordered.values : normalized(ordered);
  return { ...ordered, values, time: timeOf(ordered.time, settings) };
}

function orient(series: Series, { steps, channels }: Wanted): Series {
  const fits = (t: number, c: number) => (steps ?? t) === t && (channels ?? c) === c;
  const count = series.channels.length;
  if (fits(series.steps, count)) return series;
  if (fits(count, series.steps)) {
    return transposed(
      series,
      `The series was read as ${count} time steps of ${series.steps} channel(s), since the model takes that.`,
    );
  }
  const open = (length: number | undefined, what: string) =>
    length === undefined ? `any number of ${what}` : `${length} ${what}`;
  throw invalidSeries(
    `The series has ${series.steps} time steps of ${count} channel(s), but the model takes ${open(steps, 'time steps')} of ${open(channels, 'channels')}.`,
    { steps: series.steps, channels: count, expected: { steps, channels } },
  );
}

/** Channels by name in the order of the manifest. */
function order(series: Series, { channels: names }: SeriesSettings): Series {
  const { channels, steps, values } = series;
  if (!names) return series;
  if (!series.named) {
    if (names.length === channels.length) return { ...series, channels: names };
    throw invalidSeries(
      `The series has ${channels.length} channel(s), but the model takes ${names.length}: ${names.join(', ')}.`,
      {
        channels: channels.length,
        expected: names,
      },
    );
  }
  const missing = names.filter((name) => !channels.includes(name));
  const unknown = channels.filter((name) => !names.includes(name));
  // One channel needs no name.
  if (names.length === 1 && channels.length === 1) return { ...series, channels: names };
  if (missing.length > 0 || unknown.length > 0) {
    const near = unknown.flatMap((name) => nearest(name, missing, 1).map((other) => `"${name}" is perhaps "${other}"`));
    throw invalidSeries(
      `The channels do not fit the model: ${[
        missing.length > 0 && `missing ${missing.map((name) => `"${name}"`).join(', ')}`,
        unknown.length > 0 && `unknown ${unknown.map((name) => `"${name}"`).join(', ')}`,
        ...near,
      ]
        .filter(Boolean)
        .join('; ')}. The model takes ${names.join(', ')}.`,
      { missing, unknown, expected: names },
    );
  }
  const out = new Float64Array(values.length);
  for (const [c, name] of names.entries()) {
    const from = channels.indexOf(name);
    for (let t = 0; t < steps; t++) out[t * names.length + c] = values[t * channels.length + from] as number;
  }
  return { ...series, channels: names, values: out };
}

function checkMissing({ channels, values, steps }: Series, { missing }: SeriesSettings): void {
  if (missing === 'keep') return;
  const at = values.findIndex((value) => Number.isNaN(value));
  if (at < 0) return;
  const [step, channel] = [Math.floor(at / channels.length), channels[at % channels.length]];
  const count = values.reduce((n, value) => n + (Number.isNaN(value) ? 1 : 0), 0);
  throw invalidSeries(
    `${count} of ${steps * channels.length} values are missing, the first at step ${step} of "${channel}". Fill them, or set "missing": "keep" under "modalities": { "series": ... } in the manifest if the model treats NaN itself.`,
    { step, channel, missing: count },
  );
}

/** Each channel less its mean, over its standard deviation (of all steps); a constant channel becomes zero. */
function normalized({ channels, steps, values }: Series): Float64Array {
  const out = new Float64Array(values.length);
  for (let c = 0; c < channels.length; c++) {
    const channel = Float64Array.from({ length: steps }, (_, t) => values[t * channels.length + c] as number);
    const mean = channel.reduce((sum, value) => sum + value, 0) / steps;
    const spread = Math.sqrt(channel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / steps);
    for (const [t, value] of channel.entries()) out[t * channels.length + c] = spread > 0 ? (value - mean) / spread : 0;
  }
  return out;
}

/** The time of the file, or else that of the manifest. */
export function timeOf(time: Series['time'], { sampling_rate, time_step, time_unit }: SeriesSettings): Series['time'] {
  if (time.unit !== 'step') return time;
  if (sampling_rate !== undefined) return atRate(sampling_rate, time.start / sampling_rate);
  if (time_step !== undefined) return { start: time.start * time_step, step: time_step, unit: time_unit };
  return time;
}
