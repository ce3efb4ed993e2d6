/** Where answers are kept for the next time. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';

/** How a tenant wants its answers kept. */
export interface CacheUse {
  /** How long an answer is good, from when it was computed. */
  readonly seconds: number;
  /** For what nobody needs to wait for. */
  readonly waitUntil: WaitUntil;
}

export interface ResultCache {
  /** @returns undefined when there is nothing under the key, or nothing young enough */
  get(key: string, use: CacheUse): Promise<Uint8Array | undefined>;
  put(key: string, value: Uint8Array, use: CacheUse): Promise<void>;
}

/** For those who do not want one. */
export const noCache: ResultCache = { get: async () => undefined, put: async () => {} };
