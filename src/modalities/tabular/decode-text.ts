/** Text of a file, whatever encoding it was saved in. */
import { invalidTable } from './table.ts';

export interface DecodedText {
  readonly text: string;
  /** Says which encoding was taken, where nothing in the file does. */
  readonly notice?: string;
}

/**
 * By the byte order mark, else by `charset`, else UTF-8; UTF-16 without a mark is known by its zeros. Bytes that are none
 * of these are read as Windows-1252, which has a character for each of them, and the notice says so.
 * @param charset of the media type: `iso-8859-1`
 * @throws WhylightError `invalid_request` for a charset that is not known, or that the bytes do not fit
 */
export function decodeText(bytes: Uint8Array, charset?: string): DecodedText {
  const marked = byteOrderMark(bytes);
  if (marked) return { text: decode(bytes, marked) };
  if (charset) return { text: decode(bytes, charset) };
  const zeros = utf16WithoutMark(bytes);
  if (zeros)
    return {
      text: decode(bytes, zeros),
      notice: `The text has no byte order mark; it was read as ${zeros.toUpperCase()}.`,
    };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes) };
  } catch {
    return {
      text: decode(bytes, 'windows-1252'),
      notice:
        'The text is not UTF-8; it was read as Windows-1252 (Latin-1). Check names with accents, or save it as UTF-8.',
    };
  }
}

function byteOrderMark([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

/** Every second byte of Latin text in UTF-16 is zero. */
function utf16WithoutMark(bytes: Uint8Array): string | undefined {
  const sample = bytes.subarray(0, 512);
  const zeros = [0, 0];
  for (const [i, byte] of sample.entries()) if (byte === 0) zeros[i % 2] = (zeros[i % 2] as number) + 1;
  const [even, odd] = zeros as [number, number];
  if (Math.max(even, odd) < sample.length / 4) return undefined;
  return odd > even ? 'utf-16le' : 'utf-16be';
}

function decode(bytes: Uint8Array, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw invalidTable(`The bytes are not text in ${encoding}, or ${encoding} is not known. Save the table as UTF-8.`, {
      encoding,
      cause: String(cause),
    });
  }
}
