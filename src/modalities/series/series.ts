/** Time series as they are read, before a model says how it wants them. */
import { WhylightError } from '../../core/errors.ts';

/** Unit along the time axis: seconds, minutes, hours, days, or steps where nothing is known of time. */
export type TimeUnit = 's' | 'min' | 'h' | 'd' | 'step';

/** Regular time axis: step i is at `start + i * step`. */
export interface TimeAxis {
  readonly start: number;
  readonly step: number;
  readonly unit: TimeUnit;
}

/** Time axis of a series of which nothing else is known. */
export const STEPS: TimeAxis = { start: 0, step: 1, unit: 'step' };

export interface Series {
  /** Name of each channel. */
  readonly channels: readonly string[];
  /** Number of time steps. */
  readonly steps: number;
  /** Step after step, the channels of a step side by side: [steps, channels]. NaN where a value is missing. */
  readonly values: Float64Array;
  readonly time: TimeAxis;
  /** True where the file names the channels; false where their names are positions. */
  readonly named: boolean;
  /** Facts about the file that a person should know, as sentences. */
  readonly notes: readonly string[];
}

/** Error about a series. `details` holds the facts of the message. */
export const invalidSeries = (message: string, details: Readonly<Record<string, unknown>> = {}): WhylightError =>
  new WhylightError('invalid_request', message, details);

/** Names of channels that have none: the number of each, from 1. */
export const numbered = (count: number): string[] =>
  count === 1 ? ['value'] : Array.from({ length: count }, (_, i) => `channel ${i + 1}`);

/** Time axis of a sampling rate in Hz. */
export const atRate = (rate: number, start = 0): TimeAxis => ({ start, step: 1 / rate, unit: 's' });

/** The series with time and channels exchanged. */
export function transposed({ channels, steps, values, time, notes }: Series, note: string): Series {
  const count = channels.length;
  const out = new Float64Array(values.length);
  for (let t = 0; t < steps; t++) {
    for (let c = 0; c < count; c++) out[c * steps + t] = values[t * count + c] as number;
  }
  return { channels: numbered(steps), steps: count, values: out, time, named: false, notes: [...notes, note] };
}
