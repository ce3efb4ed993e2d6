/** Patterns of Split and Replace: a plain string, or a regular expression of Oniguruma's syntax. */
import { toRegExp } from 'oniguruma-to-es';
import { WhylightError } from '../../../core/errors.ts';
import { asObject, asString } from './json.ts';

/** A part of a text, from unit `start` to `end`, that a pattern matches or that lies between two matches. */
export interface Match {
  start: number;
  end: number;
  matches: boolean;
}

/** Cuts a text into matches and what is between them, in order. */
export type Pattern = (text: string) => Match[];

/** The pattern of `{ "String": ... }` or `{ "Regex": ... }`. */
export function readPattern(value: unknown, where: string): Pattern {
  const { String: literal, Regex: regex } = asObject(value, where);
  return regex === undefined
    ? literalPattern(asString(literal, `${where}.String`))
    : regexPattern(compile(asString(regex, `${where}.Regex`), where));
}

/**
 * Writes `(?i:'s|'t)` as `(?:'[sS\u017F]|'[tT])`, for groups of plain letters. A flag for a part of a pattern is not
 * known to every engine, and with it, or with the flag for the whole pattern, V8 counts U+0345 among the letters.
 */
function expandCaseInsensitiveGroups(source: string): string {
  return source.replace(/\(\?i:([^()\\[\]{}]*)\)/g, (_, body: string) => {
    const letters = body.replace(/[a-z]/gi, (letter) => {
      const variants = letter.toLowerCase() + letter.toUpperCase();
      return `[${variants}${OTHER_CASES[letter.toLowerCase()] ?? ''}]`;
    });
    return `(?:${letters})`;
  });
}

/** Letters beyond ASCII whose other case is an ASCII letter: the long s and the Kelvin sign. */
const OTHER_CASES: Readonly<Record<string, string>> = { s: '\u017F', k: '\u212A' };

/**
 * Python's library compiles these with Oniguruma (Ruby's syntax), whose `\s`, `^`, `$`, `\h`, possessive quantifiers,
 * nested classes and inline flags differ from JavaScript's.
 */
function compile(source: string, where: string): RegExp {
  try {
    return toRegExp(expandCaseInsensitiveGroups(source), { global: true, target: 'ES2024' });
  } catch (cause) {
    throw new WhylightError(
      'invalid_config',
      `${where} is a regular expression that cannot be used here: ${(cause as Error).message}`,
      { where, pattern: source },
      { cause },
    );
  }
}

export function literalPattern(literal: string): Pattern {
  return (text) => {
    const found: Match[] = [];
    let last = 0;
    for (let start = text.indexOf(literal); start >= 0 && literal !== ''; start = text.indexOf(literal, last)) {
      if (start > last) found.push({ start: last, end: start, matches: false });
      last = start + literal.length;
      found.push({ start, end: last, matches: true });
    }
    if (last < text.length) found.push({ start: last, end: text.length, matches: false });
    return found;
  };
}

export function regexPattern(regex: RegExp): Pattern {
  return (text) => {
    const found: Match[] = [];
    let last = 0;
    if (text === '') return found;
    for (const match of text.matchAll(regex)) {
      const start = match.index;
      if (start > last) found.push({ start: last, end: start, matches: false });
      last = start + match[0].length;
      found.push({ start, end: last, matches: true });
    }
    if (last < text.length) found.push({ start: last, end: text.length, matches: false });
    return found;
  };
}

/** Single characters of a class. */
export function characterPattern(test: (codePoint: number) => boolean): Pattern {
  return (text) => {
    const found: Match[] = [];
    let last = 0;
    for (let i = 0; i < text.length; ) {
      const codePoint = text.codePointAt(i) as number;
      const end = i + (codePoint > 0xffff ? 2 : 1);
      if (test(codePoint)) {
        if (last < i) found.push({ start: last, end: i, matches: false });
        found.push({ start: i, end, matches: true });
        last = end;
      }
      i = end;
    }
    if (last < text.length) found.push({ start: last, end: text.length, matches: false });
    return found;
  };
}
