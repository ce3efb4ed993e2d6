/** Post-processor of a tokenizer: puts special tokens around the texts. */
import type { Draft } from '../encoding.ts';

export interface Processor {
  /** Number of special tokens that are added to one text, or to a pair. */
  addedTokens(isPair: boolean): number;
  /** @param drafts one or two texts; the result is any number of parts that are then put together */
  process(drafts: Draft[], addSpecialTokens: boolean): Draft[];
}
