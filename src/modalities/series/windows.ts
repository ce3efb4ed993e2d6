/** Windows along time: how a time axis is cut, and what each piece is called. */
import { counted } from '../../core/counted.ts';
import { invalidSeries, type TimeAxis } from './series.ts';

export interface WindowOptions {
  /** Number of windows of equal length. */
  readonly windows?: number;
  /** Length of a window in the unit of the time axis (seconds where it has none of its own); not with `windows`. */
  readonly length?: number;
}

/** Number of features that a series has by default, about. */
const FEATURES = 60;
/** Number of windows by default, at most. */
const DEFAULT_WINDOWS = 30;
const MAX_WINDOWS = 1024;
/** Lengths that people like to read, times a power of ten. */
const ROUND = [1, 2, 2.5, 5];

/**
 * Edges of windows, in steps: window w holds the steps from edge w up to edge w + 1.
 * @param parts features that each window gives, such as the number of channels: with more, the default has fewer windows
 * @throws WhylightError for fewer than one step a window, and for more than 1024 windows.
 * @example
 * windowEdges(150, { start: 0, step: 1, unit: 'step' }, 1, { windows: 3 }); // [0, 50, 100, 150]
 */
export function windowEdges(steps: number, time: TimeAxis, parts: number, options: WindowOptions = {}): number[] {
  const { windows, length } = options;
  if (windows !== undefined && length !== undefined) {
    throw invalidSeries('Give the number of windows or their length, not both.', { windows, length });
  }
  if (length !== undefined) return edgesOfLength(steps, length / time.step, `${length} ${time.unit}`);
  if (windows === undefined) return defaultEdges(steps, time, parts);
  if (!Number.isInteger(windows) || windows < 1 || windows > Math.min(steps, MAX_WINDOWS)) {
    throw invalidSeries(
      `${windows} windows were asked for: a series of ${counted(steps, 'step')} has 1 to ${Math.min(steps, MAX_WINDOWS)}.`,
      { windows, steps },
    );
  }
  return equalEdges(steps, windows);
}

const equalEdges = (steps: number, windows: number): number[] =>
  Array.from({ length: windows + 1 }, (_, w) => Math.round((w * steps) / windows));

/** The last window is shorter where the length does not go into the whole. */
function edgesOfLength(steps: number, length: number, asked: string): number[] {
  const windows = Math.ceil(steps / length - 1e-9);
  if (!(length >= 1) || windows > MAX_WINDOWS) {
    throw invalidSeries(
      `Windows of ${asked} are ${Number(length.toPrecision(4))} steps long, ${windows} in all: one needs at least 1 step, and there may be ${MAX_WINDOWS}.`,
      { length, windows },
    );
  }
  return [...Array.from({ length: windows }, (_, w) => Math.round(w * length)), steps];
}

/** Each step by itself where there are few; otherwise windows of a round length, or equal ones that divide the whole. */
function defaultEdges(steps: number, time: TimeAxis, parts: number): number[] {
  const wanted = Math.max(8, Math.min(DEFAULT_WINDOWS, Math.floor(FEATURES / parts)));
  if (steps <= wanted) return equalEdges(steps, steps);
  if (time.unit === 'step') {
    const near = Array.from({ length: wanted }, (_, i) => wanted - i).find((n) => steps % n === 0);
    return equalEdges(steps, near !== undefined && near > wanted / 2 ? near : wanted);
  }
  return edgesOfLength(steps, roundLength(steps / wanted, time.step), '');
}

/** The next round length, in steps. Short windows are of whole steps, or they would not be equal. */
function roundLength(shortest: number, step: number): number {
  const power = 10 ** Math.floor(Math.log10(shortest * step));
  const candidates = [...ROUND, 10, 20].map((n) => (n * power) / step);
  const fits = (length: number) => length >= 20 || Math.abs(length - Math.round(length)) < 1e-6;
  const found = candidates.find((length) => length >= shortest * (1 - 1e-9) && fits(length));
  return found === undefined ? Math.ceil(shortest) : wholeSteps(found);
}

/** Without the error of a division, where it is a whole number of steps. */
const wholeSteps = (length: number): number =>
  Math.abs(length - Math.round(length)) < 1e-6 ? Math.round(length) : length;

/**
 * Names of the stretches between edges: `3.2 to 3.6 s`, or `steps 24 to 29` (both included) where time has no unit.
 * Digits are as few as keep the edges apart.
 */
export function windowNames(edges: readonly number[], { start, step, unit }: TimeAxis): string[] {
  const pairs = edges.slice(1).map((to, w) => [edges[w] as number, to] as const);
  if (unit === 'step') {
    return pairs.map(([from, to]) =>
      to - from === 1 ? `step ${start + from}` : `steps ${start + from} to ${start + to - 1}`,
    );
  }
  const times = edges.map((edge) => start + edge * step);
  const text = (edge: number) => edge.toFixed(digitsFor(times));
  return times.slice(1).map((to, w) => `${text(times[w] as number)} to ${text(to)} ${unit}`);
}

/** Decimal places at which the values are off by at most 2 % of their smallest distance. */
export function digitsFor(values: readonly number[]): number {
  const distances = values.slice(1).map((value, i) => Math.abs(value - (values[i] as number)));
  const smallest = Math.min(...distances);
  const enough = (digits: number) =>
    values.every((value) => Math.abs(value - Number(value.toFixed(digits))) <= 0.02 * smallest);
  return [0, 1, 2, 3, 4, 5].find(enough) ?? 6;
}
