/** API keys. Whoever holds the stored digests cannot make a key of them: a key has 256 random bits. */
import { sha256Hex } from '../../core/digest.ts';

/** Tells a scanner for leaked secrets what it has found. */
const PREFIX = 'wl_';

/** A new key, to be shown once. */
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

/** What is kept of a key: its SHA-256 in hexadecimal. */
export const keyDigest = (key: string): Promise<string> => sha256Hex(new TextEncoder().encode(key));

/** Whether two digests are the same, in a time that does not depend on where they differ. */
export function sameDigest(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
