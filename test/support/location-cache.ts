/** The cache of an isolate that has just started in some location, over the real KV namespace and the real Cache API. */
import { coloTier } from '../../src/edge/cache/colo.ts';
import { kvTier } from '../../src/edge/cache/kv.ts';
import type { ResultCache } from '../../src/edge/cache/result-cache.ts';
import { tieredCache } from '../../src/edge/cache/tiers.ts';
import type { Log } from '../../src/edge/observe/log.ts';
import { bindings } from './app.ts';

/** Makes the cache, with the messages that it logs. */
export function cacheIn(location: string): {
  readonly cache: ResultCache;
  readonly logged: readonly string[];
  readonly log: Log;
} {
  const logged: string[] = [];
  const log = (_: unknown, message: string) => void logged.push(message);
  const near = coloTier(() => caches.open(location));
  return { cache: tieredCache({ near, shared: kvTier(bindings.RESULTS), log, clock: Date.now }), logged, log };
}

/** Flips one bit in the middle of an entry of KV. */
export async function damageStored(name: string): Promise<void> {
  const { value, metadata } = await bindings.RESULTS.getWithMetadata(name, 'arrayBuffer');
  const damaged = new Uint8Array(value as ArrayBuffer);
  damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] as number) ^ 1;
  await bindings.RESULTS.put(name, damaged, { metadata });
}
