/** API keys. A key has 256 random bits, so it cannot be recovered from its stored digest. */
import { sha256Hex } from '../../core/digest.ts';

/** Identifies the key to scanners for leaked secrets. */
const PREFIX = 'wl_';

/** Generates a key. */
export function mintKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(32));
  return (
    PREFIX +
    btoa(String.fromCharCode(...random))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '')
  );
}

/** Makes the stored form of a key: its SHA-256 in hexadecimal. */
export const keyDigest = (key: string): Promise<string> => sha256Hex(new TextEncoder().encode(key));

/** Compares two digests in constant time. */
export function sameDigest(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
