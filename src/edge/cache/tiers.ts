/** Two stores as one cache: a near one in front of one that everybody shares. */
import type { Log } from '../observe/log.ts';
import type { ResultCache } from './result-cache.ts';

/** A store that forgets by itself. */
export interface Tier {
  readonly name: string;
  get(key: string): Promise<Kept | undefined>;
  /** @param seconds after which it may be forgotten; at least 60 */
  put(key: string, kept: Kept, seconds: number): Promise<void>;
}

export interface Kept {
  readonly value: Uint8Array;
  /** Seconds since 1970 when the answer was computed: a tenant whose answers are to live shorter lets older ones go. */
  readonly at: number;
}

export interface TieredOptions {
  readonly near: Tier;
  readonly shared?: Tier;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** Nothing is worth keeping for less. */
const SHORTEST = 60;

/** Milliseconds after which most answers have left: what is written then does not hold them up. */
const ANSWERED_MS = 20;
const answered = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, ANSWERED_MS));

/** A near store that fails costs time; what the shared one throws is the caller's business. */
export function tieredCache({ near, shared, log, clock = Date.now }: TieredOptions): ResultCache {
  const now = (): number => Math.floor(clock() / 1000);
  const complain = (error: unknown): undefined => {
    const reason = error instanceof Error ? error.message : String(error);
    log('warn', 'a tier of the cache fails', { tier: near.name, reason });
  };
  return {
    async get(key, { seconds, waitUntil }) {
      const isFresh = (kept: Kept | undefined): kept is Kept => kept !== undefined && kept.at + seconds > now();
      const close = await near.get(key).catch(complain);
      if (isFresh(close)) return close.value;
      const kept = await shared?.get(key);
      if (!isFresh(kept)) return undefined;
      const left = kept.at + seconds - now();
      if (left >= SHORTEST) waitUntil(answered().then(() => near.put(key, kept, left).catch(complain)));
      return kept.value;
    },
    async put(key, value, { seconds }) {
      const kept = { value, at: now() };
      await answered();
      await Promise.all([near.put(key, kept, seconds).catch(complain), shared?.put(key, kept, seconds)]);
    },
  };
}
