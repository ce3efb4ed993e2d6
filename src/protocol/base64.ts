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
