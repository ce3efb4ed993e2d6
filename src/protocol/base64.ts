import { WhylightError } from '../core/errors.ts';

/** @throws WhylightError `invalid_request` */
export function fromBase64(text: string, pointer: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text.replace(/^data:[^,]*;base64,/, '')), (letter) => letter.charCodeAt(0));
  } catch (cause) {
    const detail = 'The text is not base64.';
    throw new WhylightError('invalid_request', detail, { errors: [{ detail, pointer: `#${pointer}` }] }, { cause });
  }
}

/** Bytes as base64, in portions that a call takes as arguments. */
export function toBase64(bytes: Uint8Array): string {
  let letters = '';
  for (let at = 0; at < bytes.length; at += 8192) letters += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(letters);
}
