/** Tokens grouped into the words of a text. */

import { positions, wellFormed } from './tokenizer/code-points.ts';
import type { Encoding } from './tokenizer/encoding.ts';

/** A piece of a text with the tokens that stand for it. */
export interface TextSpan {
  /** As it is written in the text. */
  readonly name: string;
  /** 0 in the first text, 1 in the second. */
  readonly sequence: number;
  /** First UTF-16 unit. */
  readonly start: number;
  /** UTF-16 unit behind the last one. */
  readonly end: number;
  readonly startCodePoint: number;
  readonly endCodePoint: number;
  /** Indices of its tokens, ascending. */
  readonly tokens: readonly number[];
}

interface Group {
  sequence: number;
  start: number;
  end: number;
  word: number | null;
  tokens: number[];
}

const SPACE = /^\s+$/;

/**
 * Words in the order of the text. A word is a run of tokens with one word id and no whitespace in between, so that a
 * model which cuts texts without regard to words has words as well. A token of nothing but whitespace goes with the
 * word behind it, as tokenizers write a space before a word; the last ones go with the word before.
 *
 * @param texts the text that was encoded, or both of a pair
 */
export function groupWords(encoding: Encoding, texts: readonly string[]): TextSpan[] {
  return spansOf(joinSpaces(runs(encoding, texts), texts), texts);
}

/** Every token of the text as a piece of its own. */
export function groupTokens(encoding: Encoding, texts: readonly string[]): TextSpan[] {
  return spansOf(
    tokensOfText(encoding).map(([token, sequence]) => groupOf(encoding, token, sequence)),
    texts,
  );
}

/** Tokens that belong to a text, with the number of the text. */
function tokensOfText({ sequenceIds, specialTokensMask }: Encoding): [token: number, sequence: number][] {
  return sequenceIds.flatMap((sequence, token): [number, number][] =>
    sequence === null || specialTokensMask[token] === 1 ? [] : [[token, sequence]],
  );
}

function groupOf({ offsets, wordIds }: Encoding, token: number, sequence: number): Group {
  const [start, end] = offsets[token] as readonly [number, number];
  return { sequence, start, end, word: wordIds[token] ?? null, tokens: [token] };
}

function runs(encoding: Encoding, texts: readonly string[]): Group[] {
  const groups: Group[] = [];
  for (const [token, sequence] of tokensOfText(encoding)) {
    const next = groupOf(encoding, token, sequence);
    const last = groups.at(-1);
    if (last && continues(last, next, texts[sequence] ?? '')) {
      last.tokens.push(token);
      last.start = Math.min(last.start, next.start);
      last.end = Math.max(last.end, next.end);
    } else {
      groups.push(next);
    }
  }
  return groups;
}

function continues(last: Group, next: Group, text: string): boolean {
  if (last.sequence !== next.sequence || last.word !== next.word) return false;
  const between = text.slice(last.end, next.start);
  return !/\s/.test(`${text.charAt(last.end - 1)}${between}${text.charAt(next.start)}`);
}

function joinSpaces(groups: Group[], texts: readonly string[]): Group[] {
  const out: Group[] = [];
  let waiting: Group | undefined;
  for (const group of groups) {
    if (waiting && waiting.sequence !== group.sequence) {
      out.push(waiting);
      waiting = undefined;
    }
    const joined: Group = waiting ? { ...group, tokens: [...waiting.tokens, ...group.tokens] } : group;
    const isSpace = SPACE.test((texts[group.sequence] ?? '').slice(group.start, group.end));
    if (isSpace) waiting = { ...joined, start: waiting?.start ?? group.start };
    else out.push(joined);
    if (!isSpace) waiting = undefined;
  }
  if (waiting) {
    const last = out.at(-1);
    if (last?.sequence === waiting.sequence) last.tokens.push(...waiting.tokens);
    else out.push(waiting);
  }
  return out;
}

function spansOf(groups: readonly Group[], texts: readonly string[]): TextSpan[] {
  const places = texts.map((text) => positions(wellFormed(text)));
  return groups.map(({ sequence, tokens, ...group }) => {
    const text = texts[sequence] ?? '';
    const { start, end } = trimmed(text, group.start, group.end);
    const codePoint = (unit: number) => places[sequence]?.codePoint(unit) ?? unit;
    return {
      name: text.slice(start, end),
      sequence,
      start,
      end,
      startCodePoint: codePoint(start),
      endCodePoint: codePoint(end),
      tokens,
    };
  });
}

/** The place without whitespace at its ends; as it is where there is nothing else. */
function trimmed(text: string, start: number, end: number): { start: number; end: number } {
  const piece = text.slice(start, end);
  const inner = piece.trim();
  if (inner === '') return { start, end };
  const from = start + (piece.length - piece.trimStart().length);
  return { start: from, end: from + inner.length };
}
