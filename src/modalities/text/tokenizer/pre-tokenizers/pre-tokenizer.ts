/** Builds the pre-tokenizer of a tokenizer from its description: it cuts a text into words. */
import type { AlignedText } from '../aligned-text.ts';
import { byteLevel } from '../bytes.ts';
import { isNumeric, isPunctuation, isWhitespace } from '../characters.ts';
import {
  asArray,
  asIndex,
  asObject,
  asString,
  booleanOr,
  choiceOr,
  type JsonObject,
  readerOf,
  unsupported,
} from '../json.ts';
import { prepend, replaceMatches } from '../normalizers/replace.ts';
import { characterPattern, literalPattern, type Match, type Pattern, readPattern, regexPattern } from '../pattern.ts';
import { type Piece, SPLIT_BEHAVIORS, type SplitBehavior, splitByMatches, splitPieces } from '../pieces.ts';
import { splitByScript } from './scripts.ts';

export type PreTokenizer = (pieces: readonly Piece[]) => Piece[];

type Reader = (json: JsonObject, where: string) => PreTokenizer;

const READERS: Readonly<Record<string, Reader>> = {
  BertPreTokenizer: () => (pieces) => splitting(PUNCTUATION, 'isolated')(splitting(SPACES, 'removed')(pieces)),
  ByteLevel: readByteLevel,
  CharDelimiterSplit: (json, where) =>
    splitting(literalPattern(asString(json.delimiter, `${where}.delimiter`)), 'removed'),
  Digits: (json, where) =>
    splitting(
      characterPattern(isNumeric),
      booleanOr(json.individual_digits, false, `${where}.individual_digits`) ? 'isolated' : 'contiguous',
    ),
  FixedLength: readFixedLength,
  Metaspace: readMetaspace,
  Punctuation: (json, where) =>
    splitting(PUNCTUATION, choiceOr(json.behavior, SPLIT_BEHAVIORS, 'isolated', `${where}.behavior`)),
  Sequence: readSequence,
  Split: readSplit,
  UnicodeScripts: () => (pieces) => splitPieces(pieces, splitByScript),
  Whitespace: () => splitting(inverted(regexPattern(WORDS_OR_SYMBOLS)), 'removed'),
  WhitespaceSplit: () => splitting(SPACES, 'removed'),
};

const SPACES = characterPattern(isWhitespace);
const PUNCTUATION = characterPattern(isPunctuation);

/** `\w+|[^\w\s]+` of Rust's regular expressions. */
const WORDS_OR_SYMBOLS =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;

/** GPT-2's words: contractions, then letters, digits or symbols with the space before them, then spaces. */
const GPT2_WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** The pre-tokenizer that `json` describes; one that leaves the text whole where it is null or missing. */
export function readPreTokenizer(json: unknown, where = 'pre_tokenizer'): PreTokenizer {
  if (json === undefined || json === null) return (pieces) => [...pieces];
  const description = asObject(json, where);
  const reader = readerOf(READERS, asString(description.type, `${where}.type`));
  if (!reader) throw unsupported(where, description.type, Object.keys(READERS));
  return reader(description, where);
}

const splitting =
  (pattern: Pattern, behavior: SplitBehavior): PreTokenizer =>
  (pieces) =>
    splitPieces(pieces, (text) => splitByMatches(text, pattern(text.text), behavior));

const inverted =
  (pattern: Pattern): Pattern =>
  (text) =>
    pattern(text).map((part): Match => ({ ...part, matches: !part.matches }));

function readSequence(json: JsonObject, where: string): PreTokenizer {
  const steps = asArray(json.pretokenizers, `${where}.pretokenizers`).map((step, i) =>
    readPreTokenizer(step, `${where}.pretokenizers[${i}]`),
  );
  return (pieces) => steps.reduce<Piece[]>((current, step) => step(current), [...pieces]);
}

function readSplit(json: JsonObject, where: string): PreTokenizer {
  const pattern = readPattern(json.pattern, `${where}.pattern`);
  const behavior = choiceOr(json.behavior, SPLIT_BEHAVIORS, 'isolated', `${where}.behavior`);
  return splitting(booleanOr(json.invert, false, `${where}.invert`) ? inverted(pattern) : pattern, behavior);
}

function readByteLevel(json: JsonObject, where: string): PreTokenizer {
  const addPrefixSpace = booleanOr(json.add_prefix_space, true, `${where}.add_prefix_space`);
  const words = booleanOr(json.use_regex, true, `${where}.use_regex`) ? regexPattern(GPT2_WORDS) : undefined;
  const split = (source: AlignedText): AlignedText[] => {
    const text = addPrefixSpace && !source.text.startsWith(' ') ? prepend(source, ' ') : source;
    return words ? splitByMatches(text, words(text.text), 'isolated') : [text];
  };
  return (pieces) => splitPieces(pieces, (source) => split(source).map(byteLevel));
}

function readMetaspace(json: JsonObject, where: string): PreTokenizer {
  const replacement = asString(json.replacement ?? '\u2581', `${where}.replacement`);
  const always = booleanOr(json.add_prefix_space, true, `${where}.add_prefix_space`) ? 'always' : 'never';
  const scheme = choiceOr(json.prepend_scheme, ['always', 'first', 'never'], always, `${where}.prepend_scheme`);
  const separate = booleanOr(json.split, true, `${where}.split`);
  const space = literalPattern(' ');
  const words = literalPattern(replacement);
  return (pieces) =>
    splitPieces(pieces, (source) => {
      let text = replaceMatches(source, space, replacement);
      const wanted = scheme === 'always' || (scheme === 'first' && source.shift === 0);
      if (wanted && !text.text.startsWith(replacement)) text = prepend(text, replacement);
      return separate ? splitByMatches(text, words(text.text), 'merged_with_next') : [text];
    });
}

function readFixedLength(json: JsonObject, where: string): PreTokenizer {
  const length = Math.max(1, asIndex(json.length ?? 5, `${where}.length`));
  const groups = new RegExp(`.{1,${length}}`, 'gsu');
  return splitting(regexPattern(groups), 'isolated');
}
