/** Text of a file, whatever marks its encoding. */
import { invalidSeries } from './series.ts';

/**
 * UTF-8, or UTF-16 where a byte order mark says so.
 * @throws WhylightError `invalid_request` for bytes that are neither.
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  const [first, second] = bytes;
  const utf16 =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
  try {
    return new TextDecoder(utf16 ?? 'utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const at = firstInvalid(bytes);
    throw invalidSeries(
      `${name} is not UTF-8 text: byte ${at} (0x${(bytes[at] as number).toString(16)}) does not belong there. Save it as UTF-8.`,
      { byte: at, cause: String(cause) },
    );
  }
}

/** Position of the first byte that begins no character: found by halving, since decoders do not say. */
function firstInvalid(bytes: Uint8Array): number {
  const valid = (length: number, stream: boolean) => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream });
      return true;
    } catch {
      return false;
    }
  };
  let [low, high] = [0, bytes.length + 1];
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (valid(middle, true)) low = middle;
    else high = middle;
  }
  // The beginning of a character that never ends counts as valid above.
  while (low > 0 && !valid(low, false)) low--;
  return low;
}
