/** Series from JSON and from arrays. */
import { counted } from '../../core/counted.ts';
import { cast } from '../../core/tensor/cast.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';
import { jsonTensor } from '../tensor/json.ts';
import { atRate, invalidSeries, numbered, type Series, STEPS } from './series.ts';

/** Keys of an object that are no channels. */
const RATE = 'sampling_rate';

/**
 * Series of parsed JSON: a list of numbers, a list of time steps each a list of channels, an object with a list for
 * each channel, or `{ "sampling_rate": 50, "channels": { "x": [...] } }` (`values` in place of `channels` for lists).
 * `null` and "NaN" are missing values.
 * @throws WhylightError with the position of what is no number, and for channels of different lengths.
 * @example
 * readJsonSeries({ x: [1, 2], y: [3, 4] }).channels; // ['x', 'y']
 */
export function readJsonSeries(value: unknown): Series {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return arraySeries(read(value, 'the series'));
  const { [RATE]: rate, channels, values, ...rest } = value as Record<string, unknown>;
  if (rate !== undefined && !(typeof rate === 'number' && rate > 0 && Number.isFinite(rate))) {
    throw invalidSeries(`"${RATE}" is ${JSON.stringify(rate)}: a positive number of steps a second was expected.`);
  }
  const content = channels ?? values ?? rest;
  const isObject = typeof content === 'object' && content !== null && !Array.isArray(content);
  const series = isObject ? namedChannels(content as Record<string, unknown>) : arraySeries(read(content, '"values"'));
  return typeof rate === 'number' ? { ...series, time: atRate(rate) } : series;
}

const read = (value: unknown, name: string): Tensor =>
  jsonTensor(value, { dtype: 'float64', allowMissing: true, name });

/**
 * Series of an array: [steps], [steps, channels], or one of these behind axes of length 1.
 * @throws WhylightError for arrays of more axes.
 */
export function arraySeries(array: Tensor): Series {
  const dims = [...array.dims];
  while (dims.length > 2 && dims[0] === 1) dims.shift();
  if (dims.length === 0 || dims.length > 2) {
    throw invalidSeries(
      `A series is a list of time steps, or a list of lists of channels, but this has shape [${array.dims.join(', ')}].`,
      { shape: array.dims },
    );
  }
  const [steps, channels = 1] = dims as [number, number?];
  if (steps * channels === 0) throw invalidSeries('The series is empty.', { shape: array.dims });
  const values = cast(array, 'float64').data;
  return { channels: numbered(channels), steps, values, time: STEPS, named: false, notes: [] };
}

function namedChannels(content: Record<string, unknown>): Series {
  const names = Object.keys(content);
  if (names.length === 0)
    throw invalidSeries('The series has no channels: an object with a list for each was expected.');
  const lists = names.map((name) => read(content[name], JSON.stringify(name)));
  const steps = lists[0]?.data.length ?? 0;
  for (const [c, { dims, data }] of lists.entries()) {
    if (dims.length !== 1) throw invalidSeries(`Channel ${JSON.stringify(names[c])} is not a flat list of numbers.`);
    if (data.length === steps && steps > 0) continue;
    throw invalidSeries(
      `Channel ${JSON.stringify(names[c])} has ${counted(data.length, 'step')}, but ${JSON.stringify(names[0])} has ${steps}: all need as many, and at least one.`,
      { channel: names[c], steps: data.length, expected: steps },
    );
  }
  const values = new Float64Array(steps * names.length);
  for (const [c, { data }] of lists.entries()) {
    for (let t = 0; t < steps; t++) values[t * names.length + c] = data[t] as number;
  }
  return { channels: names, steps, values, time: STEPS, named: true, notes: [] };
}
