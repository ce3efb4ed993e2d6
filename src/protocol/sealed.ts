/**
 * Bytes with a checksum, for stores whose content may be cut off, changed or copied to another key: 32 bytes that are the
 * SHA-256 over the SHA-256 of the bytes and the key, then the bytes. Their start stays a multiple of eight.
 */

const CHECKSUM_BYTES = 32;

/**
 * Puts the checksum in front of the bytes.
 * @param key key that the bytes are stored under
 * @example
 * await store.put(key, await seal(key, bytes));
 */
export async function seal(key: string, bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const sealed = new Uint8Array(CHECKSUM_BYTES + bytes.byteLength);
  sealed.set(await checksumOf(key, bytes));
  sealed.set(bytes, CHECKSUM_BYTES);
  return sealed;
}

/**
 * Checks the checksum.
 * @returns a view of the bytes without it; undefined when they are not what was sealed under this key
 */
export async function unseal(key: string, sealed: Uint8Array): Promise<Uint8Array | undefined> {
  if (sealed.byteLength < CHECKSUM_BYTES) return undefined;
  const bytes = sealed.subarray(CHECKSUM_BYTES);
  const expected = await checksumOf(key, bytes);
  return expected.every((byte, i) => byte === sealed[i]) ? bytes : undefined;
}

async function checksumOf(key: string, bytes: Uint8Array): Promise<Uint8Array> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  const name = new TextEncoder().encode(key);
  const both = new Uint8Array(CHECKSUM_BYTES + name.byteLength);
  both.set(new Uint8Array(digest));
  both.set(name, CHECKSUM_BYTES);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', both));
}
