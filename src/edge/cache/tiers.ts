/** Two-tier cache: a store near the client in front of a store that all locations share. */
import { messageOf } from '../../core/errors.ts';
import { seal, unseal } from '../../protocol/sealed.ts';
import type { Log } from '../observe/log.ts';
import type { ResultCache } from './result-cache.ts';

/** A store whose entries expire. */
export interface Tier {
  readonly name: string;
  get(key: string): Promise<StoredAnswer | undefined>;
  /** @param seconds time to live; at least 60 */
  put(key: string, answer: StoredAnswer, seconds: number): Promise<void>;
}

export interface StoredAnswer {
  /** Sealed bytes. */
  readonly value: Uint8Array;
  /** Seconds since 1970 when the answer was computed. A tenant with a shorter lifetime ignores older answers. */
  readonly at: number;
  /** Tenant whose request it was, so that its answers can be erased. */
  readonly owner?: string;
}

export interface TieredOptions {
  readonly near: Tier;
  readonly shared?: Tier;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** Shortest time to live that is worth a write, in seconds. */
const MIN_SECONDS = 60;

/** Milliseconds after which most answers are sent; writes wait that long, so as not to delay them. */
const ANSWERED_MS = 20;

/** Waits until most answers are sent. */
export const answered = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, ANSWERED_MS));

/**
 * Makes the cache. Answers are stored with a checksum, and a damaged one counts as absent. Errors of the near store are
 * logged; errors of the shared one are thrown.
 */
export function tieredCache({ near, shared, log, clock = Date.now }: TieredOptions): ResultCache {
  const now = (): number => Math.floor(clock() / 1000);
  const logFailure = (error: unknown): undefined => {
    log('warn', 'a tier of the cache fails', { tier: near.name, reason: messageOf(error) });
  };
  return {
    async get(key, { seconds, waitUntil }) {
      const isFresh = (answer: StoredAnswer | undefined): answer is StoredAnswer =>
        answer !== undefined && answer.at + seconds > now();
      const checked = async ({ name }: Tier, { value }: StoredAnswer): Promise<Uint8Array | undefined> => {
        const bytes = await unseal(key, value);
        if (!bytes) log('warn', 'a stored answer is damaged', { tier: name, key });
        return bytes;
      };
      const nearby = await near.get(key).catch(logFailure);
      const found = isFresh(nearby) && (await checked(near, nearby));
      if (found) return found;
      const answer = await shared?.get(key);
      if (!shared || !isFresh(answer)) return undefined;
      const bytes = await checked(shared, answer);
      if (!bytes) return undefined;
      const left = answer.at + seconds - now();
      if (left >= MIN_SECONDS) waitUntil(answered().then(() => near.put(key, answer, left).catch(logFailure)));
      return bytes;
    },
    async put(key, value, { seconds, owner }) {
      const answer = { value: await seal(key, value), at: now(), ...(owner !== undefined && { owner }) };
      await answered();
      await Promise.all([near.put(key, answer, seconds).catch(logFailure), shared?.put(key, answer, seconds)]);
    },
  };
}
