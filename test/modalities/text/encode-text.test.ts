import { expect, test } from 'vitest';
import { encodeText, type TextInputSpec, textRoles } from '../../../src/modalities/text/encode-text.ts';
import { readTextFacts } from '../../../src/modalities/text/facts.ts';
import { smallBert, smallPieces } from './small-tokenizers.ts';

const input = (name: string, more: Partial<TextInputSpec> = {}): TextInputSpec => ({
  name,
  dtype: 'int64',
  shape: ['N', 'length'],
  ...more,
});

const bert = smallBert();
const facts = readTextFacts({}, bert);
const ALL = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'].map((name) => input(name));

const numbers = (data: Iterable<number | bigint> | undefined) => [...(data ?? [])].map(Number);

test('encodeText pads a batch to its longest row, and fills every input', () => {
  const { inputs, ids, notices } = encodeText(bert, ['the film', ['yes', 'it is good']], ALL, facts);
  expect(ids).toBe('input_ids');
  expect(notices).toEqual([]);
  expect(inputs.input_ids).toMatchObject({ dtype: 'int64', dims: [2, 7] });
  expect(numbers(inputs.input_ids?.data as BigInt64Array)).toEqual([2, 5, 6, 3, 0, 0, 0, 2, 15, 3, 16, 17, 8, 3]);
  expect(numbers(inputs.attention_mask?.data as BigInt64Array)).toEqual([1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
  expect(numbers(inputs.token_type_ids?.data as BigInt64Array)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
  expect(numbers(inputs.position_ids?.data as BigInt64Array)).toEqual([0, 1, 2, 3, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6]);
});

test('encodeText starts RoBERTa positions after the padding id, which padding keeps', () => {
  const config = { model_type: 'roberta', pad_token_id: 1 };
  const own = readTextFacts({ config }, bert);
  const { inputs } = encodeText(bert, ['the', 'the film'], [input('input_ids'), input('position_ids')], own);
  expect(numbers(inputs.position_ids?.data as BigInt64Array)).toEqual([2, 3, 4, 1, 2, 3, 4, 5]);
});

test('encodeText gives a model with one token type no second one', () => {
  const own = readTextFacts({ config: { type_vocab_size: 1 } }, bert);
  const { inputs } = encodeText(bert, [['yes', 'it']], ALL, own);
  expect(numbers(inputs.token_type_ids?.data as BigInt64Array)).toEqual([0, 0, 0, 0, 0]);
});

test('encodeText truncates a long text, with a notice of how much', () => {
  const own = readTextFacts({ tokenizerConfig: { model_max_length: 5 } }, bert);
  const { inputs, notices } = encodeText(bert, ['the film was not bad', 'yes'], ALL, own);
  expect(numbers(inputs.input_ids?.data as BigInt64Array)).toEqual([2, 5, 6, 7, 3, 2, 15, 3, 0, 0]);
  expect(notices).toEqual(['Text 1 has 7 tokens and the model takes 5: the last 2 are left out.']);
});

test('encodeText pads and truncates to a fixed length of the model', () => {
  const fixed = [input('x', { dtype: 'int32', shape: ['N', 6] })];
  const { inputs, notices } = encodeText(bert, ['the film'], fixed, facts);
  expect(inputs.x).toMatchObject({ dtype: 'int32', dims: [1, 6] });
  expect(numbers(inputs.x?.data as Int32Array)).toEqual([2, 5, 6, 3, 0, 0]);
  expect(notices).toEqual([]);
  expect(encodeText(bert, ['it is not bad , it is good'], fixed, facts).notices).toHaveLength(1);
});

test('encodeText pads on the side that tokenizer_config.json says', () => {
  const own = readTextFacts({ tokenizerConfig: { padding_side: 'left' } }, bert);
  const { inputs, encodings } = encodeText(bert, ['yes', 'the film'], ALL, own);
  expect(numbers(inputs.input_ids?.data as BigInt64Array)).toEqual([0, 2, 15, 3, 2, 5, 6, 3]);
  expect(encodings[0]?.offsets).toEqual([
    [0, 0],
    [0, 0],
    [0, 3],
    [0, 0],
  ]);
});

test('encodeText gives an empty text its special tokens, as the Python library does', () => {
  expect(numbers(encodeText(bert, [''], ALL, facts).inputs.input_ids?.data as BigInt64Array)).toEqual([2, 3]);
});

test('encodeText refuses a text without any token', () => {
  expect(() => encodeText(smallPieces(), [''], [input('input_ids')], readTextFacts({}, smallPieces()))).toThrow(
    'empty',
  );
});

test('encodeText refuses rows of different length without a padding token, and names the setting', () => {
  const pieces = smallPieces();
  expect(() => encodeText(pieces, [' not', ' not bad'], [input('input_ids')], readTextFacts({}, pieces))).toThrow(
    'pad_token',
  );
});

test('encodeText refuses a model without integer inputs, or with those of two texts', () => {
  expect(() => encodeText(bert, ['yes'], [input('x', { dtype: 'float32' })], facts)).toThrow('token ids');
  expect(() => textRoles([input('query_ids'), input('document_ids')])).toThrow('two separate texts');
});

test('encodeText fills truth values for what counts, and the contrary for padding, with a notice', () => {
  const texts = ['the film', 'yes'];
  const feed = (name: string) => encodeText(bert, texts, [input('input_ids'), input(name, { dtype: 'bool' })], facts);
  for (const name of ['attention_mask', 'valid']) {
    const { inputs, notices } = feed(name);
    expect(inputs[name]).toMatchObject({ dtype: 'bool', dims: [2, 4] });
    expect(numbers(inputs[name]?.data as Uint8Array)).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
    expect(notices).toEqual([]);
  }
  const { inputs, notices } = feed('key_padding_mask');
  expect(numbers(inputs.key_padding_mask?.data as Uint8Array)).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
  expect(notices).toEqual([expect.stringContaining('"key_padding_mask" is true where the text is filled up')]);
});
