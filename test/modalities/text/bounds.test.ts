/** Time is not measured: texts of this size would take minutes, and the test would run out of time, if anything took quadratic time. */
import { expect, test } from 'vitest';
import { splitSentences } from '../../../src/modalities/text/sentences.ts';
import { readTokenizer } from '../../../src/modalities/text/tokenizer/tokenizer.ts';
import { bertDescription, smallBert, smallPieces } from './small-tokenizers.ts';

const MANY = 240_000;

/** A model of bytes: pairs of "a" and of "b", and pairs of those. */
const bytePairs = () =>
  readTokenizer({
    model: {
      type: 'BPE',
      vocab: { a: 0, b: 1, aa: 2, bb: 3, aaaa: 4, Ġ: 5, Ì: 6, ģ: 7, '£': 8 },
      merges: ['a a', 'b b', 'aa aa'],
    },
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
  });

test.each([
  ['one long word', 'a'.repeat(MANY), MANY / 4],
  ['spaces', ' '.repeat(MANY), MANY],
  ['many words', 'aaaa bb '.repeat(MANY / 8), MANY / 2],
  ['marks out of order', `a${'\u0301\u0323'.repeat(MANY / 2)}`, 2 * MANY + 1],
])('a very long text of %s is merged', (_, text, count) => {
  expect(bytePairs().encode(text).ids.length).toBe(count);
});

test.each([
  ['one long word', 'a'.repeat(MANY), 3],
  ['many words', 'good '.repeat(MANY / 5), MANY / 5 + 2],
  ['marks out of order', `a${'\u0301\u0323'.repeat(MANY / 2)}`, 3],
  ['special tokens', '[MASK]'.repeat(MANY / 6), MANY / 6 + 2],
])('a very long text of %s is split into word pieces', (_, text, count) => {
  expect(smallBert().encode(text).ids.length).toBe(count);
});

test('a word of extreme length is searched once where a file allows it', () => {
  const model = {
    ...bertDescription.model,
    max_input_chars_per_word: MANY,
    vocab: { ...bertDescription.model.vocab },
  };
  Object.assign(model.vocab, { a: 18, '##a': 19, [`##${'a'.repeat(64)}b`]: 20 });
  expect(readTokenizer({ ...bertDescription, model }).encode('a'.repeat(MANY)).ids.length).toBe(MANY + 2);
});

test('a long text without spaces is segmented by a single best path', () => {
  expect(smallPieces().encode(' bad'.repeat(MANY / 4)).ids.length).toBe(MANY / 2);
  expect(smallPieces().encode('x'.repeat(MANY)).ids.length).toBe(1);
});

test('a very long text of abbreviations is one sentence', () => {
  expect(splitSentences('A. '.repeat(MANY / 3)).length).toBe(1);
});
