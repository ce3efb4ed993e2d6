/** Reads fields of parsed JSON with their types checked; every error names the place. */
import { WhylightError } from '../../../core/errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

function wrong(where: string, value: unknown, expected: string): WhylightError {
  const shown = value === undefined ? 'missing' : jsonText(value).slice(0, 80);
  return new WhylightError(
    'invalid_config',
    `${where} is ${shown}; expected ${expected}. Is the file complete, and written by a Hugging Face library?`,
    { where, expected },
  );
}

/** A parsed value as JSON; what is nested too deep to be written is named by its kind. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Array.isArray(value) ? 'a list' : 'an object';
  }
}

/** The entry of this name itself: a name from a file may also be one that every object inherits, such as toString. */
export const readerOf = <T>(readers: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(readers, name) ? readers[name] : undefined;

/** A component of a tokenizer that there is no implementation of. */
export function unsupported(where: string, type: unknown, known: readonly string[]): WhylightError {
  return new WhylightError(
    'invalid_config',
    `${where} is of type ${jsonText(type).slice(0, 80)}, which is not supported; supported are ${known.join(', ')}.`,
    { where, supported: known },
  );
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown, where: string): JsonObject {
  if (!isObject(value)) throw wrong(where, value, 'an object');
  return value;
}

export function asArray(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(where, value, 'a list');
  return value;
}

export function asString(value: unknown, where: string): string {
  if (typeof value !== 'string') throw wrong(where, value, 'a string');
  return value;
}

/** A non-negative integer. */
export function asIndex(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw wrong(where, value, 'an integer of 0 or more');
  }
  return value;
}

export function asNumber(value: unknown, where: string): number {
  if (typeof value !== 'number' || Number.isNaN(value)) throw wrong(where, value, 'a number');
  return value;
}

/** The boolean, or `fallback` where the field is missing or null. */
export function booleanOr(value: unknown, fallback: boolean, where: string): boolean {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'boolean') throw wrong(where, value, 'true or false');
  return value;
}

/** One of `choices`, whatever the case of its letters and with `_` left out; `fallback` where it is missing or null. */
export function choiceOr<T extends string>(value: unknown, choices: readonly T[], fallback: T, where: string): T {
  if (value === undefined || value === null) return fallback;
  const plain = (text: string) => text.toLowerCase().replaceAll('_', '');
  const choice = choices.find((name) => typeof value === 'string' && plain(name) === plain(value));
  if (choice === undefined) throw wrong(where, value, `one of ${choices.join(', ')}`);
  return choice;
}
