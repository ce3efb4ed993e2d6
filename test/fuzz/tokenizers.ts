/** Descriptions of tokenizers of every kind, as small as they can be. */
const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };

/** Byte-level BPE, Unigram behind a sequence of normalizers, and words with a regular expression. */
export const TOKENIZERS: readonly object[] = [
  {
    added_tokens: [{ id: 7, content: '<|end|>', special: true, single_word: false, lstrip: true, rstrip: false }],
    normalizer: { type: 'NFC' },
    pre_tokenizer: BYTE_LEVEL,
    post_processor: BYTE_LEVEL,
    model: {
      type: 'BPE',
      vocab: { G: 0, o: 1, d: 2, oo: 3, ood: 4, Good: 5, '\u0120': 6, '<|end|>': 7, f: 8, i: 9, l: 10, m: 11, s: 12 },
      merges: ['o o', 'oo d', 'G ood'],
    },
    truncation: { direction: 'Right', max_length: 16, strategy: 'LongestFirst', stride: 0 },
  },
  {
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '\u2581' },
        { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' },
        { type: 'Strip', strip_left: false, strip_right: true },
        { type: 'NFKC' },
        { type: 'Lowercase' },
      ],
    },
    model: {
      type: 'Unigram',
      unk_id: 0,
      vocab: [
        ['<unk>', 0],
        ['\u2581good', -1.5],
        ['\u2581', -2],
        ['films', -3],
        ['g', -6],
        ['o', -6],
      ],
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] } },
    },
    padding: { strategy: { Fixed: 12 }, direction: 'Right', pad_id: 0, pad_type_id: 0, pad_token: '<unk>' },
  },
  {
    normalizer: { type: 'Replace', pattern: { Regex: '[0-9]+' }, content: '0' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: '\\s+|\\p{P}' }, behavior: 'Isolated', invert: false },
        { type: 'Digits', individual_digits: true },
      ],
    },
    model: { type: 'WordLevel', vocab: { '[UNK]': 0, Good: 1, films: 2, they: 3, ',': 4 }, unk_token: '[UNK]' },
  },
];
