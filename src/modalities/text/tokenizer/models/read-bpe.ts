/** Builds a BPE model from its description in tokenizer.json. */
import { WhylightError } from '../../../../core/errors.ts';
import { asArray, asString, booleanOr, type JsonObject } from '../json.ts';
import { Bpe } from './bpe.ts';
import { MergeTable } from './merge-table.ts';
import { readVocabulary } from './vocabulary.ts';

export function readBpe(json: JsonObject): Bpe {
  const { entries, tokens } = readVocabulary(json.vocab, 'model.vocab');
  const continuingPrefix = optionalString(json.continuing_subword_prefix, 'model.continuing_subword_prefix');
  const ids = new Map(entries);
  const merges = asArray(json.merges, 'model.merges');
  const table = new MergeTable(merges.length);
  let rank = 0;
  for (const [i, merge] of merges.entries()) {
    if (typeof merge === 'string' && merge.startsWith('#version')) continue;
    const [left, right] = pairOf(merge, `model.merges[${i}]`);
    const joined = left + right.slice(continuingPrefix.length);
    const [leftId, rightId, joinedId] = [left, right, joined].map((token) => {
      const id = ids.get(token);
      if (id === undefined) {
        throw new WhylightError(
          'invalid_config',
          `model.merges[${i}] needs the token ${JSON.stringify(token)}, which model.vocab does not have.`,
        );
      }
      return id;
    }) as [number, number, number];
    table.set(leftId, rightId, rank++, joinedId);
  }
  return new Bpe(entries, tokens, table, {
    unknownToken:
      json.unk_token === null || json.unk_token === undefined ? undefined : asString(json.unk_token, 'model.unk_token'),
    continuingPrefix,
    endOfWordSuffix: optionalString(json.end_of_word_suffix, 'model.end_of_word_suffix'),
    fuseUnknown: booleanOr(json.fuse_unk, false, 'model.fuse_unk'),
    byteFallback: booleanOr(json.byte_fallback, false, 'model.byte_fallback'),
    ignoreMerges: booleanOr(json.ignore_merges, false, 'model.ignore_merges'),
  });
}

const optionalString = (value: unknown, where: string): string =>
  value === undefined || value === null ? '' : asString(value, where);

/** A merge is `["a", "b"]`, or `"a b"` in older files. */
function pairOf(merge: unknown, where: string): [string, string] {
  const parts = typeof merge === 'string' ? merge.split(' ') : asArray(merge, where);
  if (parts.length !== 2) {
    throw new WhylightError('invalid_config', `${where} has ${parts.length} parts; a merge joins 2 tokens.`);
  }
  return [asString(parts[0], where), asString(parts[1], where)];
}
