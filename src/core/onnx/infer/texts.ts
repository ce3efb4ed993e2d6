/** Operators over words, which are codes in a graph. */
import { intsAttribute } from '../attributes.ts';
import { ofType, type Rule, type Rules, required } from './rule.ts';

/** Counts of n-grams: of a row of words, or of each row of a batch. */
const counts: Rule = (node, inputs) => {
  const { dims } = required(node, inputs, 0);
  const indexes = intsAttribute(node, 'ngram_indexes', []);
  const width = indexes.reduce((most, index) => Math.max(most, index), -1) + 1;
  return [ofType('float32', dims && [...dims.slice(0, -1), width])];
};

export const texts: Rules = { TfIdfVectorizer: counts };
