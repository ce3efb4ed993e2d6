/** WordPiece: the longest entry that a word begins with, then the longest continuation, until the word is used up. */
import { WhylightError } from '../../../../core/errors.ts';
import { asIndex, asString, type JsonObject } from '../json.ts';
import type { PieceToken } from '../pieces.ts';
import { VocabularyModel } from './model.ts';
import { Trie } from './trie.ts';
import { readVocabulary, stringBytes, type TokensById } from './vocabulary.ts';

export interface WordPieceOptions {
  unknownToken: string;
  /** Prefix, in the vocabulary, of pieces that continue a word; `##` in BERT. */
  continuingPrefix: string;
  /** Longer words, in code points, are unknown. */
  maxCharacters: number;
}

export class WordPiece extends VocabularyModel {
  private readonly trie: Trie;
  private readonly options: WordPieceOptions;
  private readonly unknownId: number;
  private readonly continuation: number;

  constructor(entries: [string, number][], tokens: TokensById, options: WordPieceOptions) {
    const trie = new Trie(entries);
    super(trie, tokens, entries.length, trie.bytes + stringBytes(tokens));
    this.trie = trie;
    this.options = options;
    this.continuation = this.trie.walk(options.continuingPrefix);
    const unknownId = this.trie.get(options.unknownToken);
    if (unknownId === undefined) {
      throw new WhylightError(
        'invalid_config',
        `The vocabulary has no ${JSON.stringify(options.unknownToken)}, the token for unknown words. ` +
          'Add it, or name the right one as model.unk_token.',
      );
    }
    this.unknownId = unknownId;
  }

  tokenize(word: string): PieceToken[] {
    const unknown = [{ id: this.unknownId, value: this.options.unknownToken, start: 0, end: word.length }];
    if (word.length > this.options.maxCharacters && [...word].length > this.options.maxCharacters) return unknown;
    const out: PieceToken[] = [];
    for (let start = 0; start < word.length; ) {
      const { id, end } = this.longest(word, start);
      if (id < 0) return unknown;
      out.push({ id, value: this.tokens[id] as string, start, end });
      start = end;
    }
    return out;
  }

  private longest(word: string, start: number): { id: number; end: number } {
    let node = start === 0 ? Trie.ROOT : this.continuation;
    const found = { id: -1, end: start };
    for (let i = start; i < word.length && node >= 0; i++) {
      node = this.trie.child(node, word.charCodeAt(i));
      const id = node < 0 ? -1 : this.trie.valueAt(node);
      if (id >= 0) {
        found.id = id;
        found.end = i + 1;
      }
    }
    return found;
  }
}

export function readWordPiece(json: JsonObject): WordPiece {
  const { entries, tokens } = readVocabulary(json.vocab, 'model.vocab');
  return new WordPiece(entries, tokens, {
    unknownToken: asString(json.unk_token ?? '[UNK]', 'model.unk_token'),
    continuingPrefix: asString(json.continuing_subword_prefix ?? '##', 'model.continuing_subword_prefix'),
    maxCharacters: asIndex(json.max_input_chars_per_word ?? 100, 'model.max_input_chars_per_word'),
  });
}
