/** Asks the cache before computing. A cache that is broken costs time, never an answer. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { pack, unpack } from '../../protocol/packed.ts';
import type { InFlight } from '../cache/in-flight.ts';
import type { ResultCache } from '../cache/result-cache.ts';
import type { Log } from '../observe/log.ts';

/** `joined`: another request was computing it. `bypass`: the client, or the tenant, wants no cache. */
export type CacheState = 'hit' | 'miss' | 'joined' | 'bypass';

export interface RememberOptions<T> {
  readonly cache: ResultCache;
  readonly inFlight: InFlight<Uint8Array>;
  readonly key: string;
  /** How long the tenant's answers are kept; 0 for not at all. */
  readonly seconds: number;
  /** What the client's `Cache-Control` allows. */
  readonly allowed: { readonly read: boolean; readonly write: boolean };
  readonly log: Log;
  readonly waitUntil: WaitUntil;
  /** Whether what was computed may be kept; everything may when left out. */
  readonly worthKeeping?: (computed: T) => boolean;
}

/** Both the first and the repeated answer are made from what was packed, and so are the same to the byte. */
export async function remember<T extends object>(
  { cache, inFlight, key, seconds, allowed, log, waitUntil, worthKeeping = () => true }: RememberOptions<T>,
  compute: () => Promise<T>,
): Promise<{ readonly value: T; readonly state: CacheState }> {
  const use = { seconds, waitUntil };
  const [read, write] = [allowed.read && seconds > 0, allowed.write && seconds > 0];
  const complain = (message: string) => (error: unknown) =>
    log('warn', message, { key, reason: error instanceof Error ? error.message : String(error) });
  const packed = async () => pack(await compute());
  const keep = async (bytes: Uint8Array) => {
    if (write && worthKeeping(opened(bytes)))
      await attempt(() => cache.put(key, bytes, use)).catch(complain('the cache cannot be written'));
  };
  const opened = (bytes: Uint8Array) => unpack<T>(bytes) as T;

  if (!read) {
    const bytes = await packed();
    waitUntil(keep(bytes));
    return { value: opened(bytes), state: 'bypass' };
  }
  const bytes = await attempt(() => cache.get(key, use)).catch(complain('the cache cannot be read'));
  const known = bytes && unpack<T>(bytes);
  if (known) return { value: known, state: 'hit' };
  if (bytes) complain('a cache entry is damaged')('it is not what was packed');
  for (let running = inFlight.get(key); running; running = inFlight.get(key)) {
    // That another request failed says nothing about this one: it may have had less time, or fewer rights.
    const result = await running.catch(() => undefined);
    if (result) return { value: opened(result), state: 'joined' };
  }
  return { value: opened(await inFlight.start(key, packed, keep, waitUntil)), state: 'miss' };
}

/** A binding may throw at once as well as reject. */
const attempt = async <T>(work: () => Promise<T>): Promise<T> => work();

/** RFC 9111, 5.2.1: `no-cache` asks for a fresh answer, `no-store` also that it is not kept. */
export function cacheControl(header: string | undefined): RememberOptions<unknown>['allowed'] {
  const directives = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim());
  const write = !directives.includes('no-store');
  return { read: write && !directives.includes('no-cache'), write };
}
