/** Builds the model of a tokenizer from its description. */
import { asObject, isObject, type JsonObject, readerOf, unsupported } from '../json.ts';
import type { Model } from './model.ts';
import { readBpe } from './read-bpe.ts';
import { readUnigram } from './unigram.ts';
import { readWordLevel } from './word-level.ts';
import { readWordPiece } from './word-piece.ts';

const READERS: Readonly<Record<string, (json: JsonObject) => Model>> = {
  BPE: readBpe,
  Unigram: readUnigram,
  WordLevel: readWordLevel,
  WordPiece: readWordPiece,
};

/** The model that `json` describes. */
export function readModel(json: unknown): Model {
  const description = asObject(json, 'model');
  const type = description.type ?? guessType(description);
  const reader = typeof type === 'string' ? readerOf(READERS, type) : undefined;
  if (!reader) throw unsupported('model', type, Object.keys(READERS));
  return reader(description);
}

/** Files of the first versions of the library do not say the type; the fields tell it. */
function guessType(json: JsonObject): string | undefined {
  if (json.merges !== undefined) return 'BPE';
  if (Array.isArray(json.vocab)) return 'Unigram';
  if (json.continuing_subword_prefix !== undefined) return 'WordPiece';
  return isObject(json.vocab) ? 'WordLevel' : undefined;
}
