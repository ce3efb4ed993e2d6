/** Workers KV: shared by all locations, eventually consistent, at most 25 MiB a value. */
import type { ResultCache } from './result-cache.ts';

/** The part of a KV namespace that is used. */
export interface KeyValueNamespace {
  get(key: string, type: 'arrayBuffer'): Promise<ArrayBuffer | null>;
  put(key: string, value: Uint8Array, options: { expirationTtl: number }): Promise<void>;
}

export interface KvOptions {
  /** Lifetime of an entry; KV takes 60 and more. */
  readonly seconds?: number;
}

const DAY = 86_400;
const MAX_VALUE = 25 * 2 ** 20;

export function kvResultCache(kv: KeyValueNamespace, { seconds = 30 * DAY }: KvOptions = {}): ResultCache {
  return {
    async get(key) {
      const value = await kv.get(key, 'arrayBuffer');
      return value === null ? undefined : new Uint8Array(value);
    },
    async put(key, value) {
      if (value.byteLength > MAX_VALUE) return;
      await kv.put(key, value, { expirationTtl: seconds });
    },
  };
}
