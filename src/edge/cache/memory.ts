/** Memory of this process as a tier of the cache. */
import { LruCache } from '../../core/lru-cache.ts';
import type { StoredAnswer, Tier } from './tiers.ts';

/**
 * Makes the tier. It keeps answers until others need their room; their age is checked when they are read.
 * @param bytes maximum size of all answers together
 */
export function memoryTier(bytes: number): Tier {
  const answers = new LruCache<StoredAnswer>({ capacity: bytes, weigh: ({ value }) => value.byteLength });
  return {
    name: 'memory',
    get: async (key) => answers.get(key)?.value,
    async put(key, answer) {
      if (answer.value.byteLength <= bytes) answers.set(key, answer);
    },
  };
}
