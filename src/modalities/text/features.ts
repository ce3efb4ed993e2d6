/** Features of an encoded text: its tokens, words or sentences. */
import type { Feature, Features } from '../../core/modality/modality.ts';
import { type Sentence, sentenceOfEach, splitSentences } from './sentences.ts';
import { positions, wellFormed } from './tokenizer/code-points.ts';
import type { Encoding } from './tokenizer/encoding.ts';
import { groupTokens, groupWords, type TextSpan } from './words.ts';

export type TextLevel = 'tokens' | 'words' | 'sentences';

/** A row as it is drawn again: a text, or both of a pair as one with a line break between them. */
export interface TextView {
  readonly text: string;
  readonly texts: readonly string[];
  /** First unit of each text within `text`. */
  readonly starts: readonly number[];
  readonly encoding: Encoding;
}

/** A feature of a text. Its place is in `TextView.text`. */
export interface TextFeature extends Feature {
  readonly start: number;
  readonly end: number;
  readonly startCodePoint: number;
  readonly endCodePoint: number;
}

export function viewOf(texts: readonly string[], encoding: Encoding): TextView {
  const [first = '', ...rest] = texts;
  return {
    text: texts.join('\n'),
    texts,
    starts: rest.length > 0 ? [0, first.length + 1] : [0],
    encoding,
  };
}

/** Sentences of both texts, at their places in the view. */
function sentencesOf({ texts, starts }: TextView): Sentence[] {
  return texts.flatMap((text, i) => {
    const shift = starts[i] as number;
    return splitSentences(text).map(({ name, start, end }) => ({ name, start: start + shift, end: end + shift }));
  });
}

/** @param ids name of the input that holds the token ids, whose elements are the tokens */
export function textFeatures(view: TextView, ids: string, level: TextLevel): Features {
  const { encoding, texts, starts } = view;
  const grouped = level === 'tokens' ? groupTokens(encoding, texts) : groupWords(encoding, texts);
  const pieces = grouped.map((span) => shifted(span, starts[span.sequence] as number));
  const sentences = sentencesOf(view);
  const groups = sentenceOfEach(pieces, sentences);
  const codePoint = positions(wellFormed(view.text)).codePoint;
  const feature = (name: string, start: number, end: number): TextFeature => ({
    name,
    start,
    end,
    startCodePoint: codePoint(start),
    endCodePoint: codePoint(end),
  });
  const mask = new Int32Array(encoding.ids.length).fill(-1);
  if (level === 'sentences') {
    const used = [...new Set(groups)].filter((i) => sentences[i] !== undefined);
    const indices = new Map(used.map((sentence, i) => [sentence, i]));
    pieces.forEach(({ tokens }, i) => {
      for (const token of tokens) mask[token] = indices.get(groups[i] as number) ?? -1;
    });
    const list = used.map((i) => sentences[i] as Sentence).map(({ name, start, end }) => feature(name, start, end));
    return { list, mask: { [ids]: mask } };
  }
  pieces.forEach(({ tokens }, i) => {
    for (const token of tokens) mask[token] = i;
  });
  const list = pieces.map(({ name, start, end, tokens }, i): TextFeature => {
    const shown = name === '' ? (encoding.tokens[tokens[0] as number] ?? '') : name;
    return { ...feature(shown, start, end), ...(sentences.length > 0 && { group: groups[i] }) };
  });
  return { list, mask: { [ids]: mask }, ...(sentences.length > 0 && { groups: sentences.map(({ name }) => name) }) };
}

const shifted = (span: TextSpan, by: number): TextSpan => ({ ...span, start: span.start + by, end: span.end + by });
