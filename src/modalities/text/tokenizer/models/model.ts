/** The contract of a tokenizer's model: it turns a word into tokens. */
import type { PieceToken } from '../pieces.ts';
import type { TokensById } from './vocabulary.ts';

export interface Model {
  /** Number of entries of the vocabulary. */
  readonly size: number;
  /** Approximate bytes that the vocabulary and its tables hold. */
  readonly bytes: number;
  tokenize(word: string): PieceToken[];
  /** The id of a token; undefined for one that the vocabulary does not have. */
  idOf(token: string): number | undefined;
  tokenOf(id: number): string | undefined;
}

/** A model with a vocabulary of whole tokens. */
export abstract class VocabularyModel implements Model {
  readonly size: number;
  readonly bytes: number;
  protected readonly ids: Pick<ReadonlyMap<string, number>, 'get'>;
  protected readonly tokens: TokensById;

  constructor(ids: Pick<ReadonlyMap<string, number>, 'get'>, tokens: TokensById, size: number, bytes: number) {
    this.ids = ids;
    this.tokens = tokens;
    this.size = size;
    this.bytes = bytes;
  }

  abstract tokenize(word: string): PieceToken[];

  idOf(token: string): number | undefined {
    return this.ids.get(token);
  }

  tokenOf(id: number): string | undefined {
    return this.tokens[id];
  }
}
