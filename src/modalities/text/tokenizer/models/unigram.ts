/**
 * Unigram: each piece has a log-probability, and a word is cut into the pieces with the greatest sum.
 *
 * @see https://arxiv.org/abs/1804.10959
 */
import { WhylightError } from '../../../../core/errors.ts';
import { unitsAt } from '../aligned-text.ts';
import { utf8 } from '../code-points.ts';
import { asArray, asIndex, asNumber, asString, booleanOr, type JsonObject } from '../json.ts';
import type { PieceToken } from '../pieces.ts';
import { VocabularyModel } from './model.ts';
import { Trie } from './trie.ts';
import { stringBytes } from './vocabulary.ts';

/** Difference in score between the worst piece and an unknown character. */
const UNKNOWN_PENALTY = 10;

export class Unigram extends VocabularyModel {
  private readonly trie: Trie;
  private readonly scores: Float64Array;
  private readonly unknownId: number | undefined;
  private readonly unknownScore: number;
  private readonly byteFallback: boolean;

  constructor(pieces: [string, number][], unknownId: number | undefined, byteFallback: boolean) {
    const tokens = pieces.map(([token]) => token);
    const scores = Float64Array.from(pieces, ([, score]) => score);
    const trie = new Trie(tokens.map((token, id): [string, number] => [token, id]));
    super(trie, tokens, pieces.length, trie.bytes + stringBytes(tokens) + scores.byteLength);
    this.scores = scores;
    this.trie = trie;
    this.unknownId = unknownId;
    this.unknownScore = this.scores.reduce((lowest, score) => Math.min(lowest, score), Infinity) - UNKNOWN_PENALTY;
    this.byteFallback = byteFallback;
  }

  tokenize(word: string): PieceToken[] {
    const out: PieceToken[] = [];
    for (const { start, end } of this.cut(word)) {
      const value = word.slice(start, end);
      const id = this.trie.get(value);
      const bytes = id === undefined && this.byteFallback ? this.byteTokens(value, start, end) : undefined;
      if (bytes) for (const byte of bytes) out.push(byte);
      else out.push({ id: id ?? this.unknown(value), value, start, end });
    }
    return out;
  }

  /** The best path through the word: for each end, the best piece that ends there. */
  private cut(word: string): { start: number; end: number }[] {
    const { length } = word;
    const scores = new Float64Array(length + 1);
    const starts = new Int32Array(length + 1).fill(-1);
    const unknown = new Uint8Array(length + 1);
    const offer = (start: number, end: number, score: number, isUnknown: boolean): void => {
      const total = score + (scores[start] as number);
      if ((starts[end] as number) >= 0 && total <= (scores[end] as number)) return;
      scores[end] = total;
      starts[end] = start;
      unknown[end] = Number(isUnknown);
    };
    for (let start = 0; start < length; ) {
      const next = start + unitsAt(word, start);
      let single = false;
      let node = Trie.ROOT;
      for (let i = start; i < length; i++) {
        node = this.trie.child(node, word.charCodeAt(i));
        if (node < 0) break;
        const id = this.trie.valueAt(node);
        if (id < 0) continue;
        offer(start, i + 1, this.scores[id] as number, id === this.unknownId);
        single ||= i + 1 === next;
      }
      if (!single) offer(start, next, this.unknownScore, true);
      start = next;
    }
    return backtrack(starts, unknown);
  }

  private unknown(value: string): number {
    if (this.unknownId !== undefined) return this.unknownId;
    throw new WhylightError(
      'invalid_config',
      `${JSON.stringify(value.slice(0, 80))} is not in the vocabulary, and the model has no unk_id for unknown text.`,
    );
  }

  private byteTokens(value: string, start: number, end: number): PieceToken[] | undefined {
    const out: PieceToken[] = [];
    for (const byte of utf8(value)) {
      const token = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
      const id = this.trie.get(token);
      if (id === undefined) return undefined;
      out.push({ id, value: token, start, end });
    }
    return out;
  }
}

/** The pieces of the best path, in order; unknown ones in a row are one. */
function backtrack(starts: Int32Array, unknown: Uint8Array): { start: number; end: number }[] {
  const out: { start: number; end: number }[] = [];
  let joined = false;
  for (let end = starts.length - 1; end > 0; ) {
    const start = starts[end] as number;
    const last = out.at(-1);
    if (unknown[end] && joined && last) last.start = start;
    else out.push({ start, end });
    joined = unknown[end] === 1;
    end = start;
  }
  return out.reverse();
}

export function readUnigram(json: JsonObject): Unigram {
  const pieces = asArray(json.vocab, 'model.vocab').map((entry, i): [string, number] => {
    const [token, score] = asArray(entry, `model.vocab[${i}]`);
    return [asString(token, `model.vocab[${i}][0]`), asNumber(score, `model.vocab[${i}][1]`)];
  });
  const unknownId =
    json.unk_id === null || json.unk_id === undefined ? undefined : asIndex(json.unk_id, 'model.unk_id');
  return new Unigram(pieces, unknownId, booleanOr(json.byte_fallback, false, 'model.byte_fallback'));
}
