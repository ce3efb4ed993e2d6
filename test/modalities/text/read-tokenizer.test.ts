import { expect, test } from 'vitest';
import { WhylightError } from '../../../src/core/errors.ts';
import { readTokenizer } from '../../../src/modalities/text/tokenizer/tokenizer.ts';
import { bertDescription, smallBert } from './small-tokenizers.ts';

const bpe = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] };

test.each([
  ['null', null, 'tokenizer.json'],
  ['no model', {}, 'model'],
  ['a model of an unknown type', { model: { type: 'Mamba' } }, 'BPE, Unigram, WordLevel, WordPiece'],
  ['a vocabulary with a fraction as id', { model: { ...bpe, vocab: { a: 0.5 } } }, 'model.vocab["a"]'],
  ['an id above the largest possible', { model: { ...bpe, vocab: { a: 2 ** 31 } } }, 'largest possible'],
  ['a merge of an unknown token', { model: { ...bpe, merges: ['a c'] } }, 'model.merges[0]'],
  ['a merge of three', { model: { ...bpe, merges: [['a', 'b', 'c']] } }, '3 parts'],
  ['a vocabulary without the unknown token', { model: { type: 'WordPiece', vocab: { a: 0 } } }, 'model.unk_token'],
  ['an unknown normalizer', { model: bpe, normalizer: { type: 'Rot13' } }, '"Rot13"'],
  [
    'an unknown step of a pre-tokenizer',
    { model: bpe, pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Whitespace' }, { type: 'X' }] } },
    'pre_tokenizer.pretokenizers[1]',
  ],
  [
    'an invalid regular expression',
    { model: bpe, pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated' } },
    'pre_tokenizer.pattern',
  ],
  [
    'a truncated character map',
    { model: bpe, normalizer: { type: 'Precompiled', precompiled_charsmap: 'ALwC' } },
    'cut off',
  ],
  [
    'a template with a special token that it does not list',
    {
      model: bpe,
      post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '[CLS]', type_id: 0 } }], pair: [] },
    },
    '"[CLS]"',
  ],
  ['a truncation without a length', { model: bpe, truncation: { strategy: 'LongestFirst' } }, 'truncation.max_length'],
])('a tokenizer file with %s is refused with the position of the mistake', (_, json, message) => {
  const read = () => readTokenizer(json);
  expect(read).toThrow(message);
  expect(read).toThrow(WhylightError);
});

test('a maximum length without room beside the special tokens is refused', () => {
  expect(() => smallBert().encode('yes', { truncation: { maxLength: 1 } })).toThrow('at least 3');
});

test('a truncation that cannot shorten enough names the one that can', () => {
  const truncation = { maxLength: 4, strategy: 'only_first' } as const;
  expect(() => smallBert().encode(['yes', 'it is good'], { truncation })).toThrow('longest_first');
  expect(() => smallBert().encode('it is good', { truncation: { maxLength: 3, strategy: 'only_second' } })).toThrow(
    'one text',
  );
});

test('windows of overflowing tokens are kept only when requested', () => {
  const truncation = { maxLength: 3 };
  expect(smallBert().encode('the film was', { truncation }).overflowing).toEqual([]);
  const { overflowing } = smallBert().encode('the film was', { truncation, overflowing: true });
  expect(overflowing.map(({ ids }) => ids)).toEqual([
    [2, 6, 3],
    [2, 7, 3],
  ]);
});

test('the truncation of the file applies unless the caller overrides it', () => {
  const cut = readTokenizer({ ...bertDescription, truncation: { max_length: 3, strategy: 'LongestFirst', stride: 0 } });
  expect(cut.encode('the film').ids).toEqual([2, 5, 3]);
  expect(cut.encode('the film', { truncation: null }).ids).toEqual([2, 5, 6, 3]);
});

test('unpaired surrogates are one unknown character each, and keep later offsets correct', () => {
  const { offsets } = smallBert().encode('\ud800 yes \udc00');
  expect(offsets).toEqual([
    [0, 0],
    [2, 5],
    [0, 0],
  ]);
});

test('tokens and ids are mapped to each other, added tokens included', () => {
  const tokenizer = readTokenizer({ model: bpe, added_tokens: [{ id: 3, content: '<x>', special: true }] });
  expect([tokenizer.idOf('<x>'), tokenizer.tokenOf(3), tokenizer.tokenOf(2), tokenizer.idOf('zz')]).toEqual([
    3,
    '<x>',
    'ab',
    undefined,
  ]);
  expect(tokenizer.size).toBe(4);
  expect(tokenizer.specialIds).toEqual([3]);
  expect(tokenizer.bytes).toBeGreaterThan(100);
});

test.each(['toString', 'constructor', '__proto__'])('readTokenizer knows no component of the type %s', (type) => {
  for (const component of ['model', 'normalizer', 'pre_tokenizer', 'post_processor']) {
    const refusal = expect(() => readTokenizer({ ...bertDescription, [component]: { type } }));
    refusal.toThrow(/is of type ".*", which is not supported; supported are/);
  }
});

test('readTokenizer names what is nested too deep to be shown', () => {
  const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`);
  expect(() => readTokenizer(deep)).toThrow(/is (a list|\[\[\[).*; expected an object/);
});

test.each([
  ['padding.strategy.Fixed', { strategy: { Fixed: 4_000_000_000 } }],
  ['padding.pad_to_multiple_of', { strategy: 'BatchLongest', pad_to_multiple_of: 2 ** 31 }],
])('readTokenizer refuses to fill up to more tokens than any model reads: %s', (where, padding) => {
  const description = { ...bertDescription, padding: { ...padding, pad_id: 0, pad_token: '[PAD]' } };
  expect(() => readTokenizer(description)).toThrow(new RegExp(`${where} is \\d+; at most 131072 tokens`));
});

test('a tokenizer whose template holds nothing gives no tokens', () => {
  const template = { type: 'TemplateProcessing', single: [], pair: [], special_tokens: {} };
  expect(readTokenizer({ ...bertDescription, post_processor: template }).encode('the film').ids).toEqual([]);
});
