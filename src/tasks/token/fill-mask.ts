import { targetNotFound } from '../named-class.ts';
import { defineVocabulary } from './vocabulary.ts';

export default defineVocabulary({
  id: 'fill_mask',
  title: 'Fill mask',
  summary: 'The token that belongs where the text has a mask.',
  evidence: ({ inputs }) => (inputs.some(({ name }) => /token_type|segment/i.test(name)) ? 0.5 : 0.4),
  position(_, { positions }) {
    const [first] = positions ?? [];
    if (first === undefined) throw targetNotFound('The text has no mask token: write one where a word is to be found.');
    return first;
  },
});
