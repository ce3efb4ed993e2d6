/**
 * Compares the tokenizer with files of right answers: `node test/tools/text-parity.ts <folder>`.
 *
 * The folder holds pairs `<name>.tokenizer.json` and `<name>.cases.json`. A case has `text` (and `pair`), or `batch`,
 * `options` in the names of Python's `tokenizers`, and `encodings` with the fields of that library's Encoding plus
 * `offsets_utf16`. Prints `N passed, N failed` and ends with 1 when a case failed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Encoding } from '../../src/modalities/text/tokenizer/encoding.ts';
import {
  type EncodeOptions,
  readTokenizer,
  type TextInput,
  type Tokenizer,
} from '../../src/modalities/text/tokenizer/tokenizer.ts';

interface ExpectedEncoding {
  [field: string]: unknown;
  overflowing?: ExpectedEncoding[];
}

export interface Case {
  id: string;
  text?: string;
  pair?: string;
  batch?: (string | [string, string])[];
  options?: {
    add_special_tokens?: boolean;
    truncation?: { max_length: number; stride?: number; strategy?: string; direction?: string };
    padding?: {
      pad_id: number;
      pad_token: string;
      pad_type_id?: number;
      length?: number;
      direction?: string;
      pad_to_multiple_of?: number;
    };
  };
  encodings: ExpectedEncoding[];
}

/** The options of a case, in the names of this project. Where it names none, none hold. */
function optionsOf({ options = {} }: Case): EncodeOptions {
  const { truncation, padding } = options;
  return {
    addSpecialTokens: options.add_special_tokens ?? true,
    overflowing: true,
    truncation: truncation
      ? ({ ...truncation, maxLength: truncation.max_length } as EncodeOptions['truncation'])
      : null,
    padding: padding
      ? ({
          id: padding.pad_id,
          token: padding.pad_token,
          typeId: padding.pad_type_id,
          length: padding.length,
          direction: padding.direction,
          multipleOf: padding.pad_to_multiple_of,
        } as EncodeOptions['padding'])
      : null,
  };
}

const FIELDS: [expected: string, own: (encoding: Encoding) => unknown][] = [
  ['ids', (e) => e.ids],
  ['tokens', (e) => e.tokens],
  ['type_ids', (e) => e.typeIds],
  ['attention_mask', (e) => e.attentionMask],
  ['special_tokens_mask', (e) => e.specialTokensMask],
  ['offsets', (e) => e.offsetsCodePoints],
  ['offsets_utf16', (e) => e.offsets],
  ['word_ids', (e) => e.wordIds],
  ['sequence_ids', (e) => e.sequenceIds],
];

/** The first difference between an encoding and what it should be; undefined for none. */
export function difference(encoding: Encoding, expected: ExpectedEncoding): string | undefined {
  for (const [field, own] of FIELDS) {
    if (expected[field] !== undefined && !isDeepStrictEqual(own(encoding), expected[field])) {
      return `${field} ${JSON.stringify(own(encoding))}, expected ${JSON.stringify(expected[field])}`;
    }
  }
  const windows = expected.overflowing ?? [];
  if (windows.length !== encoding.overflowing.length) {
    return `${encoding.overflowing.length} overflowing windows, expected ${windows.length}`;
  }
  for (const [i, window] of windows.entries()) {
    const found = difference(encoding.overflowing[i] as Encoding, window);
    if (found) return `window ${i}: ${found}`;
  }
  return undefined;
}

/** The first difference in a case; undefined for none. */
export function compareCase(tokenizer: Tokenizer, example: Case): string | undefined {
  const input = (example.pair === undefined ? example.text : [example.text, example.pair]) as TextInput;
  const encodings = tokenizer.encodeBatch(example.batch ?? [input], optionsOf(example));
  for (const [i, encoding] of encodings.entries()) {
    const found = difference(encoding, example.encodings[i] as ExpectedEncoding);
    if (found) return `encoding ${i}: ${found}`;
  }
  return undefined;
}

function main(folder: string): void {
  let passed = 0;
  let failed = 0;
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith('.cases.json'))
    .sort()) {
    const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const tokenizer = readTokenizer(read(name.replace('.cases.json', '.tokenizer.json')));
    for (const example of read(name).cases as Case[]) {
      let found: string | undefined;
      try {
        found = compareCase(tokenizer, example);
      } catch (error) {
        found = String(error);
      }
      if (found === undefined) passed++;
      else {
        failed++;
        console.log(`${name} ${example.id}: ${found.slice(0, 600)}`);
      }
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder) main(folder);
  else {
    console.error('usage: node test/tools/text-parity.ts <folder with *.tokenizer.json and *.cases.json>');
    process.exitCode = 2;
  }
}
