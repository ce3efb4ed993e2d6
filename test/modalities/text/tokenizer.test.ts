import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readTokenizer } from '../../../src/modalities/text/tokenizer/tokenizer.ts';
import { type Case, compareCase } from '../../tools/text-parity.ts';

const folder = new URL('cases/', import.meta.url);

/** Small tokenizers of every kind, with what Python's library `tokenizers` 0.23.3 makes of awkward strings. */
const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));

describe.each(files)('the tokenizer of %s', (name) => {
  const lines = readFileSync(new URL(name, folder), 'utf8').trimEnd().split('\n');
  const [{ tokenizer: description }, ...cases] = lines.map((line) => JSON.parse(line));
  const tokenizer = readTokenizer(description);

  test.each((cases as Case[]).map((example): [string, Case] => [example.id, example]))(
    'gives ids, types, masks, word ids and offsets of the Python library: %s',
    (_, example) => {
      expect(compareCase(tokenizer, example)).toBeUndefined();
    },
  );
});
