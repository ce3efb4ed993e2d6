import { targetNotFound } from '../named-class.ts';
import { defineVocabulary } from './vocabulary.ts';

export default defineVocabulary({
  id: 'next_token',
  title: 'Next token',
  summary: 'The token that follows a text.',
  tokens: 'words',
  // Models that keep keys and values from step to step write from left to right.
  evidence: ({ inputs, outputs }) =>
    [...inputs, ...outputs].some(({ name }) => /past|present|cache/i.test(name)) ? 0.8 : 0.45,
  position({ seen }) {
    const last = seen.at(-1);
    if (last === undefined) throw targetNotFound('The attention mask hides every token.');
    return last;
  },
});
