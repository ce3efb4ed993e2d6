import { expect, test } from 'vitest';
import { readTextFacts } from '../../../src/modalities/text/facts.ts';
import { smallBert, smallPieces } from './small-tokenizers.ts';

test('special tokens come from special_tokens_map.json before tokenizer_config.json, as text or as an object', () => {
  const { specialTokens } = readTextFacts(
    { specialTokensMap: { mask_token: { content: 'good' } }, tokenizerConfig: { mask_token: 'bad', sep_token: '!' } },
    smallBert(),
  );
  expect(specialTokens.mask).toEqual({ value: { token: 'good', id: 8 }, source: 'file:special_tokens_map.json' });
  expect(specialTokens.sep).toEqual({ value: { token: '!', id: 12 }, source: 'file:tokenizer_config.json' });
});

test('special tokens that no file names are found by their usual spelling', () => {
  const { specialTokens } = readTextFacts({}, smallBert());
  expect(specialTokens.pad?.value).toEqual({ token: '[PAD]', id: 0 });
  expect(specialTokens.cls?.value.id).toBe(2);
  expect(specialTokens.bos).toBeUndefined();
});

test('the padding token may be given by its id in config.json only', () => {
  const { specialTokens } = readTextFacts({ config: { pad_token_id: 4 } }, smallPieces());
  expect(specialTokens.pad).toEqual({ value: { token: 'ad', id: 4 }, source: 'file:config.json' });
});

test('the maximum length of a RoBERTa excludes the positions before the first token', () => {
  const config = { model_type: 'roberta', max_position_embeddings: 52, pad_token_id: 1 };
  const { maxLength, firstPosition } = readTextFacts({ config }, smallBert());
  expect(maxLength).toEqual({ value: 50, source: 'file:config.json' });
  expect(firstPosition.value).toBe(2);
});

test('the smallest of the maximum lengths applies, and the placeholder for no limit is ignored', () => {
  const config = { model_type: 'bert', max_position_embeddings: 512 };
  expect(readTextFacts({ config, tokenizerConfig: { model_max_length: 48 } }, smallBert()).maxLength).toEqual({
    value: 48,
    source: 'file:tokenizer_config.json',
  });
  expect(readTextFacts({ config, tokenizerConfig: { model_max_length: 1e30 } }, smallBert()).maxLength?.value).toBe(
    512,
  );
  expect(readTextFacts({ tokenizerConfig: { model_max_length: 1e30 } }, smallBert()).maxLength).toBeUndefined();
});

test('a T5 with relative positions has no maximum length from config.json', () => {
  expect(readTextFacts({ config: { model_type: 't5', n_positions: 512 } }, smallBert()).maxLength).toBeUndefined();
});

test('labels are in the order of their numbers, and omitted when one is missing', () => {
  expect(readTextFacts({ config: { id2label: { 1: 'good', 0: 'bad' } } }, smallBert()).labels?.value).toEqual([
    'bad',
    'good',
  ]);
  expect(readTextFacts({ config: { id2label: { 0: 'bad', 2: 'good' } } }, smallBert()).labels).toBeUndefined();
});
