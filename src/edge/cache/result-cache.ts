/** Cache of explanations. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';

/** Cache settings of a request. */
export interface CacheUse {
  /** Lifetime of an answer, from the time it was computed. */
  readonly seconds: number;
  /** Tenant whose answer it is, where it is stored. */
  readonly owner?: string;
  /** Keeps writes alive that the answer does not wait for. */
  readonly waitUntil: WaitUntil;
}

export interface ResultCache {
  /** @returns undefined when there is nothing under the key, or only an older answer */
  get(key: string, use: CacheUse): Promise<Uint8Array | undefined>;
  put(key: string, value: Uint8Array, use: CacheUse): Promise<void>;
}

/** A cache that stores nothing. */
export const noCache: ResultCache = { get: async () => undefined, put: async () => {} };
