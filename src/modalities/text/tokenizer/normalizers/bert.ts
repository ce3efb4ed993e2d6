/** BertNormalizer: cleaning, spaces around ideographs, accents off, lower case. */
import { type AlignedText, Rewrite } from '../aligned-text.ts';
import {
  BERT_CONTROL,
  type CharacterClass,
  COMBINING_MARK,
  IDEOGRAPH,
  isBertControl,
  isCombiningMark,
  isIdeograph,
  isNonspacingMark,
  NONSPACING_MARK,
  WHITESPACE,
} from '../characters.ts';
import { normalizeForm } from '../unicode-normalization.ts';

export interface BertNormalizerOptions {
  cleanText: boolean;
  handleChineseCharacters: boolean;
  stripAccents: boolean;
  lowercase: boolean;
}

const PRINTABLE_ASCII = /^[ -~]*$/;

export function bertNormalize(source: AlignedText, options: BertNormalizerOptions): AlignedText {
  let text = source;
  if (!PRINTABLE_ASCII.test(text.text)) {
    if (options.cleanText) text = clean(text);
    if (options.handleChineseCharacters) text = isolateIdeographs(text);
    if (options.stripAccents) text = removeAll(normalizeForm(text, 'NFD'), NONSPACING_MARK, isNonspacingMark);
  }
  return options.lowercase ? lowercase(text) : text;
}

function clean(source: AlignedText): AlignedText {
  const kept = removeAll(source, BERT_CONTROL, isBertControl);
  // Every White_Space character is one unit, so the places stay.
  return kept.withText(kept.text.replace(WHITESPACE, ' '));
}

export const stripAccents = (source: AlignedText): AlignedText => removeAll(source, COMBINING_MARK, isCombiningMark);

/** The text without the characters of a class; `pattern` finds one of them fast. */
export function removeAll(source: AlignedText, pattern: RegExp, test: CharacterClass): AlignedText {
  if (!pattern.test(source.text)) return source;
  const rewrite = new Rewrite(source);
  for (const character of source.text) {
    if (test(character.codePointAt(0) as number)) rewrite.drop();
    else rewrite.replace(character);
  }
  return rewrite.finish();
}

function isolateIdeographs(source: AlignedText): AlignedText {
  if (!IDEOGRAPH.test(source.text)) return source;
  const rewrite = new Rewrite(source);
  for (const character of source.text) {
    if (isIdeograph(character.codePointAt(0) as number)) {
      rewrite.replace(' ');
      rewrite.insert(character);
      rewrite.insert(' ');
    } else {
      rewrite.replace(character);
    }
  }
  return rewrite.finish();
}

/** The two letters whose lower case depends on what is around them, or is longer. */
const SPECIAL_CASING = /[\u03A3\u0130]/;

/** Lower case, character by character: a sigma at the end of a word is no other letter than one within. */
export function lowercase(source: AlignedText): AlignedText {
  const lower = source.text.toLowerCase();
  if (lower.length === source.text.length && !SPECIAL_CASING.test(source.text)) return source.withText(lower);
  const rewrite = new Rewrite(source);
  for (const character of source.text) {
    const [first = '', ...rest] = character.toLowerCase();
    rewrite.replace(first);
    for (const more of rest) rewrite.insert(more);
  }
  return rewrite.finish();
}
