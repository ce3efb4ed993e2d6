/** Recognition of the column that holds the time. */
import { atRate, STEPS, type TimeAxis, type TimeUnit } from './series.ts';

/** Names that people give to a column of times, with the unit where the name says one. */
const NAMES: readonly [pattern: RegExp, unit: TimeUnit | 'ms' | undefined][] = [
  [/^(t|time|timestamp|date|datetime|index|step|steps|)$/, undefined],
  [/^(t|time|timestamp)?[ _]?[[(]?(s|sec|secs|second|seconds)[\])]?$/, 's'],
  [/^(t|time|timestamp)?[ _]?[[(]?(ms|msec|millisecond|milliseconds)[\])]?$/, 'ms'],
  [/^(t|time)?[ _]?[[(]?(min|minute|minutes)[\])]?$/, 'min'],
  [/^(t|time)?[ _]?[[(]?(h|hour|hours)[\])]?$/, 'h'],
  [/^(t|time)?[ _]?[[(]?(d|day|days)[\])]?$/, 'd'],
];
const SECONDS: Readonly<Record<Exclude<TimeUnit, 'step'>, number>> = { s: 1, min: 60, h: 3600, d: 86_400 };
/** Part of a step by which the times of a regular axis may be off. */
const TOLERANCE = 0.05;

export interface TimeColumn {
  readonly time: TimeAxis;
  readonly note: string;
}

/**
 * The time axis of a first column, where its name is one of a time and its values increase; undefined otherwise.
 * @param values as they are written: numbers, or dates of ISO 8601
 */
export function timeColumn(name: string, values: readonly string[]): TimeColumn | undefined {
  const known = NAMES.find(([pattern]) => pattern.test(name.trim().toLowerCase()));
  if (!known || values.length < 2) return undefined;
  const numbers = values.map((value) => (value.trim() === '' ? Number.NaN : Number(value)));
  const dates = numbers.every(Number.isFinite) ? undefined : values.map((value) => Date.parse(value) / 1000);
  const times = dates ?? numbers;
  if (!times.every((time, i) => Number.isFinite(time) && (i === 0 || time > (times[i - 1] as number))))
    return undefined;
  const axis = dates ? dateAxis(dates) : numberAxis(numbers, known[1]);
  return { time: axis, note: `Column ${JSON.stringify(name)} was taken as the time${describe(axis, times)}.` };
}

function numberAxis(times: readonly number[], unit: TimeUnit | 'ms' | undefined): TimeAxis {
  const [start, step] = [times[0] as number, meanStep(times)];
  if (unit === 'ms') return atRate(1000 / step, start / 1000);
  return unit === undefined && step === 1 && times.every(Number.isInteger)
    ? { ...STEPS, start }
    : { start, step, unit: unit ?? 's' };
}

/** Dates count from the first one, in the largest unit that a step has at least one of. */
function dateAxis(times: readonly number[]): TimeAxis {
  const step = meanStep(times);
  const unit = (['d', 'h', 'min'] as const).find((name) => step >= SECONDS[name]) ?? 's';
  return { start: 0, step: step / SECONDS[unit], unit };
}

const meanStep = (times: readonly number[]): number =>
  ((times.at(-1) as number) - (times[0] as number)) / (times.length - 1);

function describe({ step, unit }: TimeAxis, times: readonly number[]): string {
  const mean = meanStep(times);
  const steps = times.slice(1).map((time, i) => time - (times[i] as number));
  const uneven = steps.some((found) => Math.abs(found - mean) > TOLERANCE * mean);
  const each = unit === 'step' ? '' : `, ${Number(step.toPrecision(4))} ${unit} a step`;
  return uneven ? `${each} on average: its steps are not even, and windows are cut by steps` : each;
}
