/** Looks up an answer in the cache before computing it. A cache that fails costs time, never the answer. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { messageOf } from '../../core/errors.ts';
import { pack, unpack } from '../../protocol/packed.ts';
import type { Log } from '../observe/log.ts';
import type { InFlight } from './in-flight.ts';
import type { ResultCache } from './result-cache.ts';

/** Source of an answer. `joined`: computed by another request at the same time; `bypass`: caching is off. */
export type CacheState = 'hit' | 'miss' | 'joined' | 'bypass';

export interface CachedOptions<T> {
  readonly cache: ResultCache;
  readonly inFlight: InFlight<Uint8Array>;
  readonly key: string;
  /** Lifetime of the tenant's answers; 0 turns caching off. */
  readonly seconds: number;
  /** Tenant whose answers they are. */
  readonly owner?: string;
  /** Use of the cache that the client's `Cache-Control` allows. */
  readonly allowed: { readonly read: boolean; readonly write: boolean };
  readonly log: Log;
  readonly waitUntil: WaitUntil;
  /** Returns false for an answer that must not be stored; every answer is stored when left out. */
  readonly isCacheable?: (computed: T) => boolean;
}

/**
 * Returns the cached answer, or computes and stores it. First and repeated answers are both unpacked from the stored
 * bytes, and so are equal to the byte.
 */
export async function cached<T extends object>(
  { cache, inFlight, key, seconds, owner, allowed, log, waitUntil, isCacheable = () => true }: CachedOptions<T>,
  compute: () => Promise<T>,
): Promise<{ readonly value: T; readonly state: CacheState }> {
  const use = { seconds, waitUntil, ...(owner !== undefined && { owner }) };
  const read = allowed.read && seconds > 0;
  const write = allowed.write && seconds > 0;
  const logFailure = (message: string) => (error: unknown) => log('warn', message, { key, reason: messageOf(error) });
  const opened = (bytes: Uint8Array) => unpack<T>(bytes) as T;
  const packed = async () => pack(await compute());
  const store = async (bytes: Uint8Array) => {
    if (!write || !isCacheable(opened(bytes))) return;
    await attempt(() => cache.put(key, bytes, use)).catch(logFailure('the cache cannot be written'));
  };

  if (!read) {
    const bytes = await packed();
    waitUntil(store(bytes));
    return { value: opened(bytes), state: 'bypass' };
  }
  const bytes = await attempt(() => cache.get(key, use)).catch(logFailure('the cache cannot be read'));
  const value = bytes && unpack<T>(bytes);
  if (value) return { value, state: 'hit' };
  if (bytes) logFailure('a cache entry is damaged')('it cannot be unpacked');
  for (let running = inFlight.get(key); running; running = inFlight.get(key)) {
    // The failure of another request is not ours: it may have had less time, or fewer rights.
    const result = await running.catch(() => undefined);
    if (result) return { value: opened(result), state: 'joined' };
  }
  return { value: opened(await inFlight.start(key, packed, store, waitUntil)), state: 'miss' };
}

/** True if the answer is in the cache and may be read from it. */
export async function isStored({
  cache,
  key,
  seconds,
  owner,
  allowed,
  waitUntil,
  log,
}: Omit<CachedOptions<unknown>, 'isCacheable'>): Promise<boolean> {
  if (!allowed.read || seconds === 0) return false;
  const use = { seconds, waitUntil, ...(owner !== undefined && { owner }) };
  const bytes = await attempt(() => cache.get(key, use)).catch((error: unknown) =>
    log('warn', 'the cache cannot be read', { key, reason: messageOf(error) }),
  );
  return bytes !== undefined && unpack(bytes) !== undefined;
}

/** Turns an exception of a binding into a rejection. */
const attempt = async <T>(work: () => Promise<T>): Promise<T> => work();

/** Parses `Cache-Control` (RFC 9111, 5.2.1): `no-cache` asks for a fresh answer, `no-store` also that it is not stored. */
export function cacheControl(header: string | undefined): CachedOptions<unknown>['allowed'] {
  const directives = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim());
  const write = !directives.includes('no-store');
  return { read: write && !directives.includes('no-cache'), write };
}
