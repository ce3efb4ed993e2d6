/** The 256 printable characters by which byte-level BPE writes bytes (GPT-2's table). */
import { type AlignedText, Rewrite } from './aligned-text.ts';
import { utf8 } from './code-points.ts';

const isPrintable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

/** Character of each byte: printable ones of Latin-1 stand for themselves, the others for U+0100 and on, in order. */
const BYTE_CHARACTERS: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
})();

/** Character that stands for a space in byte-level tokens. */
export const SPACE_CHARACTER = BYTE_CHARACTERS[0x20] as string;

const BYTES: ReadonlyMap<string, number> = new Map(BYTE_CHARACTERS.map((character, byte) => [character, byte]));

/** Text of a byte-level token; the token itself where it is written in other characters, as special tokens may be. */
export function textOfBytes(token: string): string {
  const bytes = Array.from(token, (character) => BYTES.get(character));
  return bytes.every((byte) => byte !== undefined) ? new TextDecoder().decode(Uint8Array.from(bytes)) : token;
}

const PRINTABLE = /^[!-~]*$/;
const ASCII = /^\p{ASCII}*$/u;

/** The text with every UTF-8 byte as one character; the bytes of a character share its place. */
export function byteLevel(source: AlignedText): AlignedText {
  const { text } = source;
  if (PRINTABLE.test(text)) return source;
  if (ASCII.test(text)) {
    let mapped = '';
    for (let i = 0; i < text.length; i++) mapped += BYTE_CHARACTERS[text.charCodeAt(i)];
    return source.withText(mapped);
  }
  const rewrite = new Rewrite(source);
  for (const character of text) {
    utf8(character).forEach((byte, i) => {
      const written = BYTE_CHARACTERS[byte] as string;
      if (i === 0) rewrite.replace(written);
      else rewrite.insert(written);
    });
  }
  return rewrite.finish();
}
