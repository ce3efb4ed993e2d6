/** Flags that citty does not check: unknown ones, and those that belong to a saliency method. */
import type { ArgsDef, StringArgDef } from 'citty';
import { nearest } from '../core/errors.ts';
import type { CompletedCommand } from './completion.ts';

/** The command was called in a way it does not understand. Ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface SplitArguments {
  /** For citty: positionals and the flags that the command declares. */
  readonly known: string[];
  /** Everything else of the form `--name value`, `--name=value`, `--name`, `--no-name` or `--param name=value`. */
  readonly parameters: Record<string, string>;
}

/** Data that `main.ts` passes to a command beside its flags. */
export interface CommandData {
  /** Flags that the command does not declare. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Loads every command of the program. */
  readonly listCommands: () => Promise<readonly CompletedCommand[]>;
}

/**
 * Splits what follows a command's name into its own flags and the parameters of a method.
 *
 * @param declared the command's own arguments
 * @throws UsageError when a flag that needs a value has none.
 */
export function splitArguments(raw: readonly string[], declared: ArgsDef): SplitArguments {
  const takesValue = new Map<string, boolean>();
  for (const [name, definition] of Object.entries(declared)) {
    if (definition.type === 'positional') continue;
    const { type, alias = [] } = definition as StringArgDef;
    for (const spelling of [name, ...[alias].flat()]) takesValue.set(spelling, (type as string) !== 'boolean');
  }
  const known: string[] = [];
  const parameters: Record<string, string> = {};
  for (let i = 0; i < raw.length; i++) {
    const word = raw[i] as string;
    const flag = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(word);
    if (word === '--') {
      known.push(...raw.slice(i));
      break;
    }
    if (!flag) {
      known.push(word);
      continue;
    }
    const [, name = '', inline] = flag;
    const next = raw[i + 1];
    const hasNext = next !== undefined && !/^--?[A-Za-z]/.test(next);
    if (name === 'param') {
      const pair = inline ?? (hasNext ? raw[++i] : undefined) ?? '';
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError('--param takes name=value, e.g. --param n_steps=50.');
      parameters[pair.slice(0, at)] = pair.slice(at + 1);
    } else if (takesValue.get(name) === true) {
      if (inline === undefined && !hasNext) throw new UsageError(`--${name} needs a value.`);
      known.push(`--${name}=${inline ?? raw[++i]}`);
    } else if (takesValue.has(name) || takesValue.has(name.replace(/^no-/, ''))) {
      known.push(word);
    } else if (inline !== undefined) parameters[name] = inline;
    else if (hasNext) parameters[name] = raw[++i] as string;
    else if (name.startsWith('no-')) parameters[name.slice(3)] = 'false';
    else parameters[name] = 'true';
  }
  return { known, parameters };
}

/**
 * Every flag must be the command's own, or one of `others`.
 * @param declared the command's own arguments, for the guess
 * @throws UsageError that names the nearest flag.
 */
export function refuseUnknown(
  { parameters }: Pick<CommandData, 'parameters'>,
  declared: ArgsDef,
  others: Iterable<string> = [],
): void {
  const allowed = new Set(others);
  for (const name of Object.keys(parameters)) {
    if (allowed.has(name)) continue;
    const [guess] = nearest(name, [...allowed, ...Object.keys(declared)]);
    throw new UsageError(`Unknown option --${name}.${guess ? ` Did you mean --${guess}?` : ''}`);
  }
}

/**
 * A flag that is a number.
 * @throws UsageError when it is not, or lies outside `[least, most]`.
 */
export function numberFlag(name: string, text: string, least = -Infinity, most = Infinity): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most) {
    const range = least > -Infinity || most < Infinity ? ` from ${least} to ${most}` : '';
    throw new UsageError(`--${name} takes a number${range}, not "${text}".`);
  }
  return value;
}

/**
 * A flag that is a whole number.
 * @throws UsageError when it is not, or lies outside `[least, most]`.
 */
export function wholeFlag(name: string, text: string, least?: number, most?: number): number {
  const value = numberFlag(name, text, least, most);
  if (Number.isInteger(value)) return value;
  throw new UsageError(`--${name} takes a whole number, not "${text}".`);
}

/**
 * A flag that is one of a few words.
 * @throws UsageError with the words that are allowed
 */
export function choiceFlag<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found) return found;
  const choices = [allowed.slice(0, -1).join(', '), allowed.at(-1)].join(' or ');
  throw new UsageError(`${name} is ${choices}, but "${value}" was given.`);
}

/** A flag that is a list of numbers with commas between: `0.485,0.456,0.406`. */
export const numbersFlag = (name: string, text: string): number[] =>
  text.split(',').map((part) => numberFlag(name, part));

/** A flag that is a list of names with commas between: `grad_cam, rise`. */
export const namesFlag = (text: string): string[] => text.split(',').map((name) => name.trim());
