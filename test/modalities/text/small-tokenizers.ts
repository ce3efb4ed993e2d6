/** Tokenizers small enough to work out by hand. */
import { readTokenizer, type Tokenizer } from '../../../src/modalities/text/tokenizer/tokenizer.ts';

const WORDS = '[PAD] [UNK] [CLS] [SEP] [MASK] the film was good ##ness not bad ! . , yes it is'.split(' ');

/** BERT, uncased: 18 entries. */
export const bertDescription = {
  model: { type: 'WordPiece', vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])), unk_token: '[UNK]' },
  normalizer: { type: 'BertNormalizer', lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] },
  added_tokens: WORDS.slice(0, 5).map((content, id) => ({ id, content, special: true })),
};

export const smallBert = (): Tokenizer => readTokenizer(bertDescription);

/** Pieces of a text without regard to words, as models of SentencePiece without pre-tokenization have them. */
export const smallPieces = (): Tokenizer =>
  readTokenizer({
    model: {
      type: 'Unigram',
      unk_id: 0,
      vocab: [['<unk>', 0], ...['▁', '▁not', '▁b', 'ad', '▁good', '▁at', '▁all'].map((piece) => [piece, -1])],
    },
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
  });
