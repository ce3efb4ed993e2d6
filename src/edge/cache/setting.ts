/** Cache of an embedder's settings. */
import type { Log } from '../observe/log.ts';
import { memoryTier } from './memory.ts';
import { noCache, type ResultCache } from './result-cache.ts';
import { type ByteStorage, storageTier } from './storage.ts';
import { tieredCache } from './tiers.ts';

/**
 * Cache of answers: `memory` (64 MiB of this process), `{ memory: bytes }`, a store such as unstorage makes it, with
 * 16 MiB of memory in front, or `none`.
 */
export type CacheSetting = 'memory' | 'none' | { readonly memory: number } | ByteStorage;

const MEMORY_BYTES = 64 * 2 ** 20;
const MEMORY_BYTES_IN_FRONT = 16 * 2 ** 20;

/** Makes the cache. */
export function cacheOf(setting: CacheSetting, log: Log, clock: () => number): ResultCache {
  if (setting === 'none') return noCache;
  if (setting === 'memory') return tieredCache({ near: memoryTier(MEMORY_BYTES), log, clock });
  if ('memory' in setting) return tieredCache({ near: memoryTier(setting.memory), log, clock });
  return tieredCache({ near: memoryTier(MEMORY_BYTES_IN_FRONT), shared: storageTier(setting), log, clock });
}
