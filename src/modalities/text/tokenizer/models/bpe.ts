/**
 * Byte pair encoding: a word begins as its characters, and the pair of neighbours whose merge comes first in the list is
 * joined until there is none.
 *
 * @see https://arxiv.org/abs/1508.07909
 */
import { WhylightError } from '../../../../core/errors.ts';
import { utf8, utf8Length } from '../code-points.ts';
import type { PieceToken } from '../pieces.ts';
import type { MergeTable } from './merge-table.ts';
import { VocabularyModel } from './model.ts';
import { NumberHeap } from './number-heap.ts';
import { mapBytes, stringBytes, type TokensById } from './vocabulary.ts';

export interface BpeOptions {
  unknownToken: string | undefined;
  /** Prefix, in the vocabulary, of characters that do not begin a word. */
  continuingPrefix: string;
  /** Suffix, in the vocabulary, of the last character of a word. */
  endOfWordSuffix: string;
  /** Unknown characters in a row are one token. */
  fuseUnknown: boolean;
  /** A character that the vocabulary does not have is written as the bytes `<0x00>` to `<0xFF>`. */
  byteFallback: boolean;
  /** A word that the vocabulary has whole is not built by merges. */
  ignoreMerges: boolean;
}

/** The symbols of a word before merging. */
interface Symbols {
  ids: number[];
  /** UTF-8 bytes of each. */
  lengths: number[];
}

/** Words up to this length are remembered with their tokens, and at most so many. */
const MAX_REMEMBERED_LENGTH = 64;
const MAX_REMEMBERED = 4096;
/** Rank and position are packed into one number of 53 bits. */
const POSITIONS = 2 ** 27;

export class Bpe extends VocabularyModel {
  private readonly merges: MergeTable;
  private readonly options: BpeOptions;
  private readonly remembered = new Map<string, PieceToken[]>();

  constructor(entries: [string, number][], tokens: TokensById, merges: MergeTable, options: BpeOptions) {
    super(new Map(entries), tokens, entries.length, stringBytes(tokens) + mapBytes(entries.length) + merges.bytes);
    this.merges = merges;
    this.options = options;
  }

  tokenize(word: string): PieceToken[] {
    const whole = this.options.ignoreMerges ? this.ids.get(word) : undefined;
    if (whole !== undefined) return [{ id: whole, value: word, start: 0, end: word.length }];
    const known = this.remembered.get(word);
    if (known) return known;
    const found = this.locate(word, this.merge(this.symbols(word)));
    if (word.length <= MAX_REMEMBERED_LENGTH) {
      if (this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
      this.remembered.set(word, found);
    }
    return found;
  }

  /** The characters of a word as ids. One without id is bytes, unknown or, with neither in the vocabulary, left out. */
  private symbols(word: string): Symbols {
    const { continuingPrefix, endOfWordSuffix, byteFallback, fuseUnknown } = this.options;
    const symbols: Symbols = { ids: [], lengths: [] };
    let unknownBytes = 0;
    const add = (id: number, length: number): void => {
      symbols.ids.push(id);
      symbols.lengths.push(length);
    };
    const flush = (): void => {
      if (unknownBytes > 0) add(this.unknownId(), unknownBytes);
      unknownBytes = 0;
    };
    let at = 0;
    for (const character of word) {
      const length = utf8Length(character.codePointAt(0) as number);
      const prefix = at > 0 ? continuingPrefix : '';
      at += character.length;
      const symbol = prefix + character + (at === word.length ? endOfWordSuffix : '');
      const id = this.ids.get(symbol);
      const bytes = id === undefined && byteFallback ? this.byteIds(symbol) : undefined;
      if (id !== undefined) {
        flush();
        add(id, length);
      } else if (bytes) {
        // The unknown characters before are written behind these bytes: so does the library that is followed here.
        for (const byte of bytes) add(byte, 1);
      } else if (this.options.unknownToken !== undefined) {
        if (!fuseUnknown) flush();
        unknownBytes += length;
      }
    }
    flush();
    return symbols;
  }

  private unknownId(): number {
    const token = this.options.unknownToken as string;
    const id = this.ids.get(token);
    if (id === undefined) {
      throw new WhylightError(
        'invalid_config',
        `The vocabulary has no ${JSON.stringify(token)}, the token for unknown characters. ` +
          'Add it, or name the right one as model.unk_token.',
      );
    }
    return id;
  }

  private byteIds(symbol: string): number[] | undefined {
    const ids: number[] = [];
    for (const byte of utf8(symbol)) {
      const id = this.ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
  }

  /** Joins neighbours, the merge of lowest rank first and of equal ones the leftmost: n log n for n symbols. */
  private merge({ ids, lengths }: Symbols): Symbols {
    const count = ids.length;
    const next = Int32Array.from({ length: count }, (_, i) => (i + 1 < count ? i + 1 : -1));
    const previous = Int32Array.from({ length: count }, (_, i) => i - 1);
    const heap = new NumberHeap();
    const offer = (left: number): void => {
      const right = left < 0 ? -1 : (next[left] as number);
      if (right < 0) return;
      const rank = this.merges.rank(ids[left] as number, ids[right] as number);
      if (rank >= 0) heap.push(rank * POSITIONS + left);
    };
    for (let i = 0; i + 1 < count; i++) offer(i);
    for (let item = heap.pop(); item !== undefined; item = heap.pop()) {
      const left = item % POSITIONS;
      const right = lengths[left] === 0 ? -1 : (next[left] as number);
      // The pair may have been joined with others since it was put here.
      if (right < 0 || this.merges.rank(ids[left] as number, ids[right] as number) !== (item - left) / POSITIONS)
        continue;
      ids[left] = this.merges.merged(ids[left] as number, ids[right] as number);
      lengths[left] = (lengths[left] as number) + (lengths[right] as number);
      lengths[right] = 0;
      const after = next[right] as number;
      next[left] = after;
      if (after >= 0) previous[after] = left;
      offer(previous[left] as number);
      offer(left);
    }
    const kept = ids.map((_, i) => i).filter((i) => lengths[i] !== 0);
    return { ids: kept.map((i) => ids[i] as number), lengths: kept.map((i) => lengths[i] as number) };
  }

  /** Tokens with their places in UTF-16 units, from lengths in bytes: a byte of a character has the character's place. */
  private locate(word: string, { ids, lengths }: Symbols): PieceToken[] {
    const units = byteUnits(word);
    let byte = 0;
    return ids.map((id, i) => {
      const start = byte;
      byte += lengths[i] as number;
      return {
        id,
        value: this.tokens[id] as string,
        start: units ? (units.starts[start] ?? word.length) : start,
        end: units ? (units.ends[byte - 1] ?? word.length) : byte,
      };
    });
  }
}

/** First unit of, and unit behind, the character of each UTF-8 byte; undefined for ASCII, where bytes are units. */
function byteUnits(word: string): { starts: number[]; ends: number[] } | undefined {
  if (/^\p{ASCII}*$/u.test(word)) return undefined;
  const starts: number[] = [];
  const ends: number[] = [];
  let unit = 0;
  for (const character of word) {
    for (let i = utf8Length(character.codePointAt(0) as number); i > 0; i--) {
      starts.push(unit);
      ends.push(unit + character.length);
    }
    unit += character.length;
  }
  return { starts, ends };
}
