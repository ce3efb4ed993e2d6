import { expect, it } from 'vitest';
import { splitSentences } from '../../../src/modalities/text/sentences.ts';
import { smallBert } from './small-tokenizers.ts';

it('tokens and sentences are the same in workerd and in Node', () => {
  const text = 'Dr. X said: the Goodness! 😀 Nót bad.';
  const { ids, offsets } = smallBert().encode(text);
  expect(ids).toEqual([2, 1, 13, 1, 1, 1, 5, 8, 9, 12, 1, 10, 11, 13, 3]);
  expect(offsets.slice(-5)).toEqual([
    [26, 28],
    [29, 32],
    [33, 36],
    [36, 37],
    [0, 0],
  ]);
  expect(splitSentences(text).map(({ name }) => name)).toEqual(['Dr. X said: the Goodness!', '😀 Nót bad.']);
});
