/** Tokenizers from plain vocabularies: a file with one entry a line. */
import { WhylightError } from '../../core/errors.ts';
import type { TextSplit } from '../../core/onnx/words/dictionary.ts';
import { readTokenizer, type Tokenizer } from './tokenizer/tokenizer.ts';

/** Options of a tokenizer that has a plain list of words. */
export interface WordListOptions {
  readonly lowercase?: boolean;
  /** Regular expression (Oniguruma's syntax) of what lies between words; default `\s+`. */
  readonly separator?: string;
  /** Entry for words that the list does not have. */
  readonly unknown: string;
  /** Entry before the words of a text. */
  readonly start?: string;
  /** Entry behind the words of a text. */
  readonly end?: string;
}

/**
 * Words and their ids. A line is a word, whose id is the number of the line from 0, or a word and its id with a space
 * or tab between them.
 *
 * @throws WhylightError `invalid_config` for a file without words
 */
export function readVocabularyLines(text: string): Record<string, number> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  while (lines.at(-1) === '') lines.pop();
  if (lines.length === 0)
    throw new WhylightError('invalid_config', 'The vocabulary is empty; expected one word a line.');
  const numbered = lines.map((line) => /^(.+)[ \t](\d+)$/.exec(line));
  if (numbered.every((match) => match !== null)) {
    return Object.fromEntries(numbered.map(([, word, id]): [string, number] => [word as string, Number(id)]));
  }
  return Object.fromEntries(lines.map((word, id): [string, number] => [word, id]));
}

/**
 * A tokenizer of whole words.
 *
 * @example
 * const tokenizer = wordListTokenizer(file, {
 *   lowercase: true, separator: "[^\\w']+", unknown: '<UNKNOWN>', start: '<START>',
 * });
 */
export function wordListTokenizer(text: string, options: WordListOptions): Tokenizer {
  const vocabulary = readVocabularyLines(text);
  const { unknown, start, end } = options;
  for (const entry of [unknown, start, end]) {
    if (entry !== undefined && vocabulary[entry] === undefined) {
      throw new WhylightError(
        'invalid_config',
        `The vocabulary has no ${JSON.stringify(entry)}. Name one of its entries, or add it.`,
        { entry },
      );
    }
  }
  return readTokenizer({
    model: { type: 'WordLevel', vocab: vocabulary, unk_token: unknown },
    normalizer: options.lowercase ? { type: 'Lowercase' } : null,
    pre_tokenizer: { type: 'Split', pattern: { Regex: options.separator ?? '\\s+' }, behavior: 'Removed' },
    post_processor: around(vocabulary, start, end, undefined),
  });
}

/**
 * A tokenizer that cuts texts as a model's own StringNormalizer and Tokenizer do.
 * @param words in the order of their ids
 */
export function splitTokenizer(words: readonly string[], { letterCase, pattern, separators }: TextSplit): Tokenizer {
  const vocabulary = Object.fromEntries(words.map((word, id): [string, number] => [word, id]));
  const parts = separators.filter((separator) => separator !== '').map((separator) => separator.replace(SIGNS, '\\$&'));
  const single = separators.includes('') || parts.length === 0;
  const match = pattern ?? (single ? '.' : parts.join('|'));
  return readTokenizer({
    model: {
      type: 'WordLevel',
      vocab: { ...vocabulary, [UNKNOWN]: words.length, [PADDING]: words.length + 1 },
      unk_token: UNKNOWN,
    },
    normalizer: letterCase === 'LOWER' ? { type: 'Lowercase' } : null,
    pre_tokenizer: {
      type: 'Split',
      pattern: { Regex: match },
      behavior: 'Removed',
      invert: pattern !== undefined || single,
    },
  });
}

const UNKNOWN = '[UNK]';
const PADDING = '[PAD]';

/** Signs with a meaning in regular expressions. */
const SIGNS = /[\\^$.*+?()[\]{}|]/g;

export interface BertVocabularyOptions {
  /** Default true. */
  readonly lowercase?: boolean;
  /** Default: as `lowercase`. */
  readonly stripAccents?: boolean;
  /** Default true. */
  readonly handleChineseCharacters?: boolean;
}

/** A tokenizer from BERT's `vocab.txt`: `[CLS] A [SEP] B [SEP]`. */
export function bertTokenizer(text: string, options: BertVocabularyOptions = {}): Tokenizer {
  const vocabulary = readVocabularyLines(text);
  for (const token of ['[UNK]', '[CLS]', '[SEP]']) {
    if (vocabulary[token] === undefined) {
      throw new WhylightError(
        'invalid_config',
        `vocab.txt has no ${token}, which BERT needs. If it is a plain list of words, name it as text.vocabulary in the manifest.`,
        { token },
      );
    }
  }
  return readTokenizer({
    model: { type: 'WordPiece', vocab: vocabulary },
    normalizer: {
      type: 'BertNormalizer',
      lowercase: options.lowercase ?? true,
      strip_accents: options.stripAccents,
      handle_chinese_chars: options.handleChineseCharacters,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: around(vocabulary, '[CLS]', '[SEP]', '[SEP]'),
    added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
      .filter((content) => vocabulary[content] !== undefined)
      .map((content) => ({ id: vocabulary[content], content, special: true, normalized: false })),
  });
}

/** Template with entries before and behind the text, and behind a second one. */
function around(
  vocabulary: Readonly<Record<string, number>>,
  start: string | undefined,
  end: string | undefined,
  pairEnd: string | undefined,
): unknown {
  const token = (id: string | undefined, type_id = 0) => (id === undefined ? [] : [{ SpecialToken: { id, type_id } }]);
  const first = [...token(start), { Sequence: { id: 'A', type_id: 0 } }, ...token(end)];
  const names = [...new Set([start, end, pairEnd].filter((name) => name !== undefined))];
  return {
    type: 'TemplateProcessing',
    single: first,
    pair: [...first, { Sequence: { id: 'B', type_id: 1 } }, ...token(pairEnd ?? end, 1)],
    special_tokens: Object.fromEntries(
      names.map((name) => [name, { id: name, ids: [vocabulary[name]], tokens: [name] }]),
    ),
  };
}
