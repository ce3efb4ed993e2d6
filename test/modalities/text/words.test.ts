import { expect, test } from 'vitest';
import { fallbackCuts, sentenceOfEach, splitSentences } from '../../../src/modalities/text/sentences.ts';
import { groupTokens, groupWords } from '../../../src/modalities/text/words.ts';
import { smallBert, smallPieces } from './small-tokenizers.ts';

test('word pieces are joined to one word as written in the text', () => {
  const text = 'The GOODness, 😀 yes!';
  const words = groupWords(smallBert().encode(text), [text]);
  expect(words.map(({ name, tokens }) => [name, tokens])).toEqual([
    ['The', [1]],
    ['GOODness', [2, 3]],
    [',', [4]],
    ['😀', [5]],
    ['yes', [6]],
    ['!', [7]],
  ]);
  expect(words.slice(3, 5)).toMatchObject([
    { start: 14, end: 16, startCodePoint: 14, endCodePoint: 15 },
    { start: 17, end: 20, startCodePoint: 16, endCodePoint: 19 },
  ]);
});

test('pieces without word ids are grouped by whitespace, and whitespace pieces join the next word', () => {
  const text = ' not  bad ';
  const encoding = smallPieces().encode(text);
  expect(encoding.tokens).toEqual(['▁not', '▁', '▁b', 'ad', '▁']);
  expect(groupWords(encoding, [text]).map(({ name, start, end, tokens }) => [name, start, end, tokens])).toEqual([
    ['not', 1, 4, [0]],
    ['bad', 6, 9, [1, 2, 3, 4]],
  ]);
});

test('a text of whitespace only is one piece', () => {
  expect(groupWords(smallPieces().encode('  '), ['  ']).map(({ tokens }) => tokens)).toEqual([[0, 1]]);
});

test('the words of a pair record their text, and special tokens are in none', () => {
  const texts = ['yes', 'it is'];
  const words = groupWords(smallBert().encode(['yes', 'it is']), texts);
  expect(words.map(({ name, sequence, start, tokens }) => [name, sequence, start, tokens])).toEqual([
    ['yes', 0, 0, [1]],
    ['it', 1, 0, [3]],
    ['is', 1, 3, [4]],
  ]);
});

test('tokens can be features by themselves', () => {
  const spans = groupTokens(smallBert().encode('goodness'), ['goodness']);
  expect(spans.map(({ name }) => name)).toEqual(['good', 'ness']);
});

const SENTENCES: [text: string, sentences: string[]][] = [
  ['It was good. Was it? Yes! ', ['It was good.', 'Was it?', 'Yes!']],
  ['Dr. Smith met J. R. Doe, e.g. on 3.5. in Rome.', ['Dr. Smith met J. R. Doe, e.g. on 3.5. in Rome.']],
  ['He said "No." Then he left.', ['He said "No."', 'Then he left.']],
  ['良い。悪い！', ['良い。', '悪い！']],
  ['no end', ['no end']],
  [' \n ', []],
];

test.each(SENTENCES)('sentences end at punctuation and not at abbreviations: %j', (text, expected) => {
  const sentences = splitSentences(text);
  expect(sentences.map(({ name }) => name)).toEqual(expected);
  for (const { name, start, end } of sentences) expect(text.slice(start, end)).toBe(name);
});

test.each(SENTENCES)('sentences are the same in an engine without Unicode data: %j', (text, expected) => {
  expect(splitSentences(text, fallbackCuts).map(({ name }) => name)).toEqual(expected);
});

test('a piece belongs to the sentence in which it starts', () => {
  const sentences = splitSentences('One. Two.');
  expect(sentenceOfEach([{ start: 0 }, { start: 3 }, { start: 5 }], sentences)).toEqual([0, 0, 1]);
});
