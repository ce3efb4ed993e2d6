/** Names of the tokens of a tokenizer, as a person reads them. */
import type { Vocabulary } from '../../core/modality/modality.ts';
import { SPACE_CHARACTER, textOfBytes } from './tokenizer/bytes.ts';
import type { Tokenizer } from './tokenizer/tokenizer.ts';

/** Sign that SentencePiece writes in place of a space. */
const PIECE_SPACE = '\u2581';

/**
 * Vocabulary of a tokenizer. A space that belongs to a token is a space in its name; parts of words keep the `##` of
 * WordPiece.
 */
export function vocabularyOf(tokenizer: Tokenizer): Vocabulary {
  const isByteLevel = tokenizer.idOf(SPACE_CHARACTER) !== undefined;
  const space = isByteLevel ? SPACE_CHARACTER : PIECE_SPACE;
  return {
    nameOf(id) {
      const token = tokenizer.tokenOf(id);
      return token === undefined || isByteLevel ? token && textOfBytes(token) : token.replaceAll(PIECE_SPACE, ' ');
    },
    idsOf(name) {
      const spellings = new Set([name, name.replaceAll(' ', space), space + name]);
      return [...spellings].map((token) => tokenizer.idOf(token)).filter((id) => id !== undefined);
    },
  };
}
