/** WordLevel: a word is one token, or unknown. */
import { WhylightError } from '../../../../core/errors.ts';
import { asString, type JsonObject } from '../json.ts';
import type { PieceToken } from '../pieces.ts';
import { VocabularyModel } from './model.ts';
import { mapBytes, readVocabulary, stringBytes, type TokensById } from './vocabulary.ts';

export class WordLevel extends VocabularyModel {
  private readonly unknownToken: string;

  constructor(entries: [string, number][], tokens: TokensById, unknownToken: string) {
    super(new Map(entries), tokens, entries.length, stringBytes(tokens) + mapBytes(entries.length));
    this.unknownToken = unknownToken;
  }

  tokenize(word: string): PieceToken[] {
    const id = this.ids.get(word);
    if (id !== undefined) return [{ id, value: word, start: 0, end: word.length }];
    const unknownId = this.ids.get(this.unknownToken);
    if (unknownId === undefined) {
      throw new WhylightError(
        'invalid_config',
        `${JSON.stringify(word.slice(0, 80))} is not in the vocabulary, and neither is ${JSON.stringify(this.unknownToken)}, ` +
          'the token for unknown words. Add it, or name the right one as model.unk_token.',
      );
    }
    return [{ id: unknownId, value: this.unknownToken, start: 0, end: word.length }];
  }
}

export function readWordLevel(json: JsonObject): WordLevel {
  const { entries, tokens } = readVocabulary(json.vocab, 'model.vocab');
  return new WordLevel(entries, tokens, asString(json.unk_token ?? '<unk>', 'model.unk_token'));
}
