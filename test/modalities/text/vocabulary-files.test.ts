import { expect, test } from 'vitest';
import {
  bertTokenizer,
  readVocabularyLines,
  wordListTokenizer,
} from '../../../src/modalities/text/vocabulary-files.ts';

const REVIEWS = "<PAD> 0\n<START> 1\n<UNKNOWN> 2\n<UNUSED> 3\nthe 4\nfilm 5\ncliché 6\ndon't 7\n";

test('a vocabulary of words with ids encodes a text as the movie review model does', () => {
  const tokenizer = wordListTokenizer(REVIEWS, {
    lowercase: true,
    separator: "[^\\w']+",
    unknown: '<UNKNOWN>',
    start: '<START>',
  });
  const { ids, offsets, tokens } = tokenizer.encode("  The FILM (a Cliché): don't!");
  expect(ids).toEqual([1, 4, 5, 2, 6, 7]);
  expect(tokens).toEqual(['<START>', 'the', 'film', '<UNKNOWN>', 'cliché', "don't"]);
  expect(offsets).toEqual([
    [0, 0],
    [2, 5],
    [6, 10],
    [12, 13],
    [14, 20],
    [23, 28],
  ]);
});

test('a vocabulary without ids numbers its lines from 0 for any line ending', () => {
  expect(readVocabularyLines('\uFEFFa\r\nb c\r\n\r\n')).toEqual({ a: 0, 'b c': 1 });
});

test('a vocabulary without a special token is refused with the name of the token', () => {
  expect(() => wordListTokenizer('a\nb\n', { unknown: '<UNK>' })).toThrow('no "<UNK>"');
});

test('an empty vocabulary is refused', () => {
  expect(() => readVocabularyLines('\n\n')).toThrow('empty');
});

const BERT = '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ncafe\nCafé\n##s\n人\n';

test('vocab.txt is read as an uncased BERT vocabulary by default', () => {
  const { ids, typeIds } = bertTokenizer(BERT).encode(['Cafés 人', '[MASK]']);
  expect(ids).toEqual([2, 5, 7, 8, 3, 4, 3]);
  expect(typeIds).toEqual([0, 0, 0, 0, 0, 1, 1]);
  expect(bertTokenizer(BERT, { lowercase: false }).encode('Cafés').ids).toEqual([2, 6, 7, 3]);
});

test('a vocab.txt without the special tokens of BERT is refused with the setting for a list of words', () => {
  expect(() => bertTokenizer('the\nfilm\n')).toThrow('text.vocabulary');
});
