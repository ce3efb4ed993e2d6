/** Builds the normalizer of a tokenizer from its description. */
import type { AlignedText } from '../aligned-text.ts';
import { byteLevel } from '../bytes.ts';
import { asArray, asObject, asString, booleanOr, type JsonObject, readerOf, unsupported } from '../json.ts';
import { readPattern } from '../pattern.ts';
import { normalizeForm } from '../unicode-normalization.ts';
import { bertNormalize, lowercase, stripAccents } from './bert.ts';
import { CharacterMap } from './precompiled.ts';
import { prepend, replaceMatches } from './replace.ts';
import { cleanForTranslation, strip } from './strip.ts';

export type Normalizer = (source: AlignedText) => AlignedText;

type Reader = (json: JsonObject, where: string) => Normalizer;

const READERS: Readonly<Record<string, Reader>> = {
  BertNormalizer: readBert,
  ByteLevel: () => byteLevel,
  Lowercase: () => lowercase,
  NFC: () => (source) => normalizeForm(source, 'NFC'),
  NFD: () => (source) => normalizeForm(source, 'NFD'),
  NFKC: () => (source) => normalizeForm(source, 'NFKC'),
  NFKD: () => (source) => normalizeForm(source, 'NFKD'),
  Nmt: () => cleanForTranslation,
  Precompiled: readPrecompiled,
  Prepend: (json, where) => {
    const content = asString(json.prepend, `${where}.prepend`);
    return (source) => prepend(source, content);
  },
  Replace: (json, where) => {
    const pattern = readPattern(json.pattern, `${where}.pattern`);
    const content = asString(json.content, `${where}.content`);
    return (source) => replaceMatches(source, pattern, content);
  },
  Sequence: readSequence,
  Strip: (json, where) => {
    const left = booleanOr(json.strip_left, true, `${where}.strip_left`);
    const right = booleanOr(json.strip_right, true, `${where}.strip_right`);
    return (source) => strip(source, left, right);
  },
  StripAccents: () => stripAccents,
};

/** The normalizer that `json` describes; the identity where it is null or missing. */
export function readNormalizer(json: unknown, where = 'normalizer'): Normalizer {
  if (json === undefined || json === null) return (source) => source;
  const description = asObject(json, where);
  const reader = readerOf(READERS, asString(description.type, `${where}.type`));
  if (!reader) throw unsupported(where, description.type, Object.keys(READERS));
  return reader(description, where);
}

function readBert(json: JsonObject, where: string): Normalizer {
  const lower = booleanOr(json.lowercase, true, `${where}.lowercase`);
  const options = {
    cleanText: booleanOr(json.clean_text, true, `${where}.clean_text`),
    handleChineseCharacters: booleanOr(json.handle_chinese_chars, true, `${where}.handle_chinese_chars`),
    stripAccents: booleanOr(json.strip_accents, lower, `${where}.strip_accents`),
    lowercase: lower,
  };
  return (source) => bertNormalize(source, options);
}

function readPrecompiled(json: JsonObject, where: string): Normalizer {
  const encoded = json.precompiled_charsmap;
  if (encoded === undefined || encoded === null || encoded === '') return (source) => source;
  const map = new CharacterMap(asString(encoded, `${where}.precompiled_charsmap`));
  return (source) => map.normalize(source);
}

function readSequence(json: JsonObject, where: string): Normalizer {
  const steps = asArray(json.normalizers, `${where}.normalizers`).map((step, i) =>
    readNormalizer(step, `${where}.normalizers[${i}]`),
  );
  return (source) => steps.reduce((text, step) => step(text), source);
}
