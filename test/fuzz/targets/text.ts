/** Texts, and the tokenizers that cut them: a mutated tokenizer.json reads a text, or a tokenizer reads a mutated text. */
import { parseJson } from '../../../src/core/json.ts';
import { decodeTexts } from '../../../src/modalities/text/decode.ts';
import { readTokenizer } from '../../../src/modalities/text/tokenizer/tokenizer.ts';
import { bertDescription } from '../../modalities/text/small-tokenizers.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { jsonBytes, mutateJson } from '../mutate-json.ts';
import { FuzzFault, type FuzzTarget } from '../target.ts';
import { TOKENIZERS } from '../tokenizers.ts';

const SAMPLE = 'Good films, aren\u2019t they? 12 \u4e2d\u6587 \u00e9t\u00e9 \ud83d\ude00 [MASK]';
const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const texts = [
  SAMPLE,
  [SAMPLE, 'ok'],
  { text: SAMPLE, text_pair: 'b' },
  { question: 'who?', context: SAMPLE },
  [['a', 'b']],
  '\ufeffa\r\nb',
].map(encode);
const tokenizers = [bertDescription, ...TOKENIZERS].map(encode);
const smallest = tokenizers.map((bytes) => readTokenizer(JSON.parse(new TextDecoder().decode(bytes))));
const [TEXT, TOKENIZER] = [0, 1];
const [PLAIN, AS_JSON] = [0, 1];
const MAX_TOKENS = 2 ** 18;

/** The first byte says which of the two was mutated, the second how the text is read. */
export default {
  id: 'text',
  seeds: [
    ...texts.map((bytes) => Uint8Array.of(TEXT, isJson(bytes) ? AS_JSON : PLAIN, ...bytes)),
    ...tokenizers.map((bytes) => Uint8Array.of(TOKENIZER, AS_JSON, ...bytes)),
  ],
  mutate(seed, draw) {
    const [kind = TEXT, type = PLAIN] = seed;
    const bytes = seed.subarray(2);
    const changed =
      kind === TOKENIZER || (isJson(bytes) && draw.oneIn(2))
        ? jsonBytes(mutateJson(JSON.parse(new TextDecoder().decode(bytes)), draw), draw)
        : mutateBytes(bytes, draw, texts);
    return Uint8Array.of(kind, draw.oneIn(10) ? draw.below(2) : type, ...changed);
  },
  async run(input) {
    const [kind, type] = input;
    const bytes = input.subarray(2);
    if (kind === TOKENIZER) {
      const json = parseJson(new TextDecoder().decode(bytes), 'tokenizer.json');
      const { ids } = readTokenizer(json).encode(SAMPLE);
      if (ids.length > MAX_TOKENS) throw new FuzzFault(`${SAMPLE.length} characters became ${ids.length} tokens.`);
      return 'tokenizer accepted';
    }
    const rows = decodeTexts(bytes, type === AS_JSON ? 'application/json' : 'text/plain');
    for (const row of rows.slice(0, 4)) for (const tokenizer of smallest) tokenizer.encode(row);
    return 'text accepted';
  },
} satisfies FuzzTarget;

function isJson([first]: Uint8Array): boolean {
  return first === 0x5b || first === 0x7b;
}
