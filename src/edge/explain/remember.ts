/** Asks the cache before computing. A cache that is broken costs time, never an answer. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import type { Explanation } from '../../core/explainer.ts';
import { pack, unpack } from '../cache/packed.ts';
import type { ResultCache } from '../cache/result-cache.ts';
import type { Log } from '../log.ts';

export type CacheState = 'hit' | 'miss' | 'bypass';

export interface RememberOptions {
  readonly cache: ResultCache;
  readonly key: string;
  /** What the client's `Cache-Control` allows. */
  readonly allowed: { readonly read: boolean; readonly write: boolean };
  readonly log: Log;
  readonly waitUntil: WaitUntil;
}

export async function remember(
  { cache, key, allowed, log, waitUntil }: RememberOptions,
  compute: () => Promise<Explanation>,
): Promise<{ readonly explanation: Explanation; readonly state: CacheState }> {
  const complain = (message: string) => (error: unknown) =>
    log('warn', message, { key, reason: error instanceof Error ? error.message : String(error) });
  if (allowed.read) {
    const bytes = await attempt(() => cache.get(key)).catch(complain('the cache cannot be read'));
    const known = bytes && unpack(bytes);
    if (known) return { explanation: known, state: 'hit' };
    if (bytes) complain('a cache entry is damaged')('it is not a packed explanation');
  }
  const computed = await compute();
  const packed = pack(computed);
  if (allowed.write) {
    waitUntil(attempt(() => cache.put(key, packed)).catch(complain('the cache cannot be written')));
  }
  // Both the first and the repeated answer are made from what was packed, and so are the same to the byte.
  const explanation = unpack(packed) ?? computed;
  return { explanation, state: allowed.read ? 'miss' : 'bypass' };
}

/** A binding may throw at once as well as reject. */
const attempt = async <T>(work: () => Promise<T>): Promise<T> => work();

/** RFC 9111, 5.2.1: `no-cache` asks for a fresh answer, `no-store` also that it is not kept. */
export function cacheControl(header: string | undefined): RememberOptions['allowed'] {
  const directives = (header ?? '')
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim());
  const write = !directives.includes('no-store');
  return { read: write && !directives.includes('no-cache'), write };
}
