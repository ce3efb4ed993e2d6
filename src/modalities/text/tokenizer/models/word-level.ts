/** WordLevel: a word is one token, or unknown. */
import { WhylightError } from '../../../../core/errors.ts';
import { asString, type JsonObject } from '../json.ts';
import type { PieceToken } from '../pieces.ts';
import type { Model } from './model.ts';
import { mapBytes, readVocabulary, stringBytes, type TokensById } from './vocabulary.ts';

export class WordLevel implements Model {
  private readonly ids: ReadonlyMap<string, number>;
  private readonly tokens: TokensById;
  private readonly unknownToken: string;
  readonly size: number;
  readonly bytes: number;

  constructor(entries: [string, number][], tokens: TokensById, unknownToken: string) {
    this.ids = new Map(entries);
    this.tokens = tokens;
    this.unknownToken = unknownToken;
    this.size = entries.length;
    this.bytes = stringBytes(tokens) + mapBytes(entries.length);
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

  idOf(token: string): number | undefined {
    return this.ids.get(token);
  }

  tokenOf(id: number): string | undefined {
    return this.tokens[id];
  }
}

export function readWordLevel(json: JsonObject): WordLevel {
  const { entries, tokens } = readVocabulary(json.vocab, 'model.vocab');
  return new WordLevel(entries, tokens, asString(json.unk_token ?? '<unk>', 'model.unk_token'));
}
