/** Texts from the bytes of a file or of a request. */
import { WhylightError } from '../../core/errors.ts';
import { bareMediaType, mediaTypeParameter } from '../../core/modality/media-type.ts';
import { isObject } from './tokenizer/json.ts';
import type { TextInput } from './tokenizer/tokenizer.ts';

export const TEXT_MEDIA_TYPES = ['text/plain', 'text/markdown', 'application/json'];

/** Longest text, in UTF-16 units: some seconds of tokenization. */
const MAX_UNITS = 4_000_000;
const MAX_ROWS = 1024;

/** Names of the second text of a pair, by the name of the first. */
const PAIRS: readonly (readonly [first: string, second: string])[] = [
  ['text', 'text_pair'],
  ['question', 'context'],
  ['premise', 'hypothesis'],
  ['sentence1', 'sentence2'],
  ['query', 'passage'],
];

/**
 * The rows of a body. Plain text is one row. JSON is a string, a list of rows, `{ "text": ... }` with or without
 * `text_pair`, `{ "question": ..., "context": ... }`, or a list of two strings within a list.
 *
 * @throws WhylightError `invalid_request` for other content, or for text that is no UTF-8 or UTF-16
 */
export function decodeTexts(bytes: Uint8Array, mediaType: string): TextInput[] {
  const text = decodeCharacters(bytes, mediaTypeParameter(mediaType, 'charset'));
  const rows = bareMediaType(mediaType) === 'application/json' ? rowsOf(parse(text)) : [text.replace(/\r?\n$/, '')];
  if (rows.length === 0 || rows.length > MAX_ROWS) {
    throw invalid(`There are ${rows.length} texts; from 1 to ${MAX_ROWS} can be sent at once.`);
  }
  for (const [i, row] of rows.entries()) {
    const units = [row].flat().reduce((sum, part) => sum + part.length, 0);
    if (units > MAX_UNITS) {
      throw invalid(`Text ${i + 1} has ${units} characters; the most is ${MAX_UNITS}. Send a part of it.`);
    }
  }
  return rows;
}

const invalid = (message: string, cause?: unknown): WhylightError =>
  new WhylightError('invalid_request', message, {}, { cause });

/** UTF-16 with a byte order mark, else `charset`, else UTF-8. */
function decodeCharacters(bytes: Uint8Array, charset = 'utf-8'): string {
  const [first, second] = bytes;
  const wide =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
  try {
    return new TextDecoder(wide ?? charset, { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw invalid(
      `The text is not in ${charset.toUpperCase()}, nor UTF-16 with a byte order mark. Save it as UTF-8, or state the charset of its media type: text/plain; charset=windows-1252.`,
      cause,
    );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`The body is no JSON: ${(cause as Error).message}. Send plain text as text/plain.`, cause);
  }
}

function rowsOf(json: unknown): TextInput[] {
  if (Array.isArray(json)) return json.map((row, i) => rowOf(row, `Row ${i + 1}`));
  if (isObject(json)) {
    const lists = Object.entries(json).filter(([, value]) => Array.isArray(value)) as [string, unknown[]][];
    const [longest] = lists;
    if (longest) {
      const rows = longest[1].map((_, i) => Object.fromEntries(lists.map(([name, values]) => [name, values[i]])));
      return rows.map((row, i) => rowOf({ ...json, ...row }, `Row ${i + 1}`));
    }
  }
  return [rowOf(json, 'The body')];
}

function rowOf(row: unknown, where: string): TextInput {
  if (typeof row === 'string') return row;
  if (Array.isArray(row) && row.length === 2) {
    const [first, second] = row as unknown[];
    if (typeof first === 'string' && typeof second === 'string') return [first, second];
  }
  if (isObject(row)) {
    for (const [first, second] of PAIRS) {
      const [a, b] = [row[first], row[second]];
      if (typeof a === 'string' && typeof b === 'string') return [a, b];
      if (first === 'text' && typeof a === 'string' && b === undefined) return a;
    }
  }
  throw invalid(
    `${where} is no text. Expected a string, [first, second], { "text": ... } with or without "text_pair", or ` +
      `${PAIRS.slice(1)
        .map(([first, second]) => `{ "${first}", "${second}" }`)
        .join(', ')}. Token ids go as tensors: .npz, --input, or the Open Inference Protocol.`,
  );
}
