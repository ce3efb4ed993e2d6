/** Tokens of a text and the words that they belong to. */
import type { Feature, Features } from '../modality/modality.ts';
import type { Prediction, Task } from '../task/task.ts';

/** Feature of each token, -1 for special ones. */
const featureOfEach = ({ mask }: Features): Int32Array => Object.values(mask)[0] ?? new Int32Array();

/** 1 for the tokens that predictions may be at, 0 for the others. */
export function tokensOf(features: Features, tokens: NonNullable<Task['tokens']>): number[] {
  const all = Array.from(featureOfEach(features));
  const last = all.findLastIndex((feature) => feature >= 0);
  // A special token parts the texts of a pair.
  const first = tokens === 'words' ? 0 : all.findLastIndex((feature, i) => feature < 0 && i < last) + 1;
  return all.map((feature, i) => (feature >= 0 && i >= first ? 1 : 0));
}

/** Features at the token or the span of a prediction, in order. */
export function featuresAt({ span, position }: Pick<Prediction, 'span' | 'position'>, features: Features): number[] {
  const [first, last] = span ?? (typeof position === 'number' ? [position, position] : [0, -1]);
  const tokens = featureOfEach(features).subarray(first, last + 1);
  return [...new Set(tokens.filter((feature) => feature >= 0))];
}

/** The prediction with the words at its token or span, and their place in the text. */
export function withWords(prediction: Prediction, features: Features | undefined): Prediction {
  const words = features ? featuresAt(prediction, features).flatMap((feature) => features.list[feature] ?? []) : [];
  const [first, last] = [words[0], words.at(-1)];
  if (!first || !last) return prediction;
  const { start } = first;
  const { end } = last;
  const place = start === undefined || end === undefined ? {} : { start, end };
  const word = joined(words);
  // An answer in the text has no other name than its words.
  return { ...(prediction.span && { label: word }), ...prediction, word, ...place };
}

/** Names of words as one text, with a space between those that do not touch. */
const joined = (words: readonly Feature[]): string =>
  words.reduce((text, { name, start }, i) => (i === 0 || words[i - 1]?.end === start ? text : `${text} `) + name, '');
