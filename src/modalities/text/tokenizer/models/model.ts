/** The contract of a tokenizer's model: it turns a word into tokens. */
import type { PieceToken } from '../pieces.ts';

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
