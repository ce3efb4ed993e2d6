/** Any key-value store as a tier of the cache: Redis, files or a database, by way of unstorage or an object like it. */
import type { Tier } from './tiers.ts';

/**
 * Store of bytes by key. `createStorage` of unstorage makes one of each of its drivers.
 * @see https://unstorage.unjs.io
 */
export interface ByteStorage {
  /** @returns the bytes; null or undefined when there is nothing under the key */
  getItemRaw(key: string): Promise<unknown>;
  /** @param options `ttl`: seconds after which a driver may forget the entry */
  setItemRaw(key: string, value: Uint8Array, options: { readonly ttl: number }): Promise<unknown>;
}

/** Bytes in front of an answer: the seconds since 1970 when it was computed, as a little-endian float64. */
const AGE_BYTES = 8;

/** Makes the tier. Keys begin with `whylight:`. */
export const storageTier = (storage: ByteStorage): Tier => ({
  name: 'storage',
  async get(key) {
    const bytes = bytesOf(await storage.getItemRaw(nameOf(key)));
    if (!bytes || bytes.byteLength < AGE_BYTES) return undefined;
    const at = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
    return { value: bytes.slice(AGE_BYTES), at };
  },
  async put(key, { value, at }, seconds) {
    const bytes = new Uint8Array(AGE_BYTES + value.byteLength);
    new DataView(bytes.buffer).setFloat64(0, at, true);
    bytes.set(value, AGE_BYTES);
    await storage.setItemRaw(nameOf(key), bytes, { ttl: seconds });
  },
});

const nameOf = (key: string): string => `whylight:${key}`;

/** Bytes of what a driver returned. Node's Buffer has no `slice` that copies, so it becomes a plain Uint8Array. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return undefined;
}
