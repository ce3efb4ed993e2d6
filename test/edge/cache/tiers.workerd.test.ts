/** The two tiers over a real KV namespace and the real Cache API. */
import { describe, expect, it } from 'vitest';
import { coloTier } from '../../../src/edge/cache/colo.ts';
import { kvTier } from '../../../src/edge/cache/kv.ts';
import { type StoredAnswer, type Tier, tieredCache } from '../../../src/edge/cache/tiers.ts';
import { seal } from '../../../src/protocol/sealed.ts';
import { bindings } from '../../support/app.ts';

const bytes = Uint8Array.of(1, 2, 3, 0, 255);
const colo = coloTier(() => caches.open('tiers-test'));
const kv = kvTier(bindings.RESULTS);
const NOW = 1_700_000_000;

function cacheOf(near: Tier, shared: Tier, at = NOW) {
  const [waiting, warnings]: [Promise<unknown>[], string[]] = [[], []];
  const log = (_: unknown, message: string) => void warnings.push(message);
  const cache = tieredCache({ near, shared, log, clock: () => at * 1000 });
  const use = { seconds: 600, waitUntil: (promise: Promise<unknown>) => void waiting.push(promise) };
  return { cache, use, warnings, done: () => Promise.all(waiting) };
}

const counting = (tier: Tier) => {
  const seen: string[] = [];
  const counted: Tier = {
    name: tier.name,
    async get(key) {
      seen.push('get');
      return tier.get(key);
    },
    async put(...args) {
      seen.push('put');
      await tier.put(...args);
    },
  };
  return { counted, seen };
};

describe.each([
  ['KV', kv],
  ['the Cache API', colo],
])('the cache tier on %s', (name, tier) => {
  it('returns a stored value with the time it was computed', async () => {
    await tier.put(`one-${name}`, { value: bytes, at: NOW }, 60);
    expect(await tier.get(`one-${name}`)).toEqual({ value: bytes, at: NOW });
    expect(await tier.get(`other-${name}`)).toBeUndefined();
  });
});

describe('tieredCache', () => {
  it('reads the near tier first, and fills it from the shared tier', async () => {
    const [near, shared] = [counting(colo), counting(kv)];
    const { cache, use, done } = cacheOf(near.counted, shared.counted);
    await kv.put('filled', { value: await seal('filled', bytes), at: NOW - 100 }, 600);
    expect(await cache.get('filled', use)).toEqual(bytes);
    await done();
    expect(await cache.get('filled', use)).toEqual(bytes);
    expect([near.seen, shared.seen]).toEqual([['get', 'put', 'get'], ['get']]);
    expect(await colo.get('filled')).toEqual({ value: await seal('filled', bytes), at: NOW - 100 });
  });

  it('writes both tiers', async () => {
    const { cache, use } = cacheOf(colo, kv);
    await cache.put('written', bytes, use);
    const value = await seal('written', bytes);
    expect([await colo.get('written'), await kv.get('written')]).toEqual(Array(2).fill({ value, at: NOW }));
  });

  it('reads the shared tier where the near answer is damaged, and nothing where both are', async () => {
    const { cache, use, warnings, done } = cacheOf(colo, kv);
    const damage = async (tier: Tier) => {
      const { value } = (await tier.get('damaged')) as StoredAnswer;
      await tier.put('damaged', { value: value.map((byte, i) => (i === 34 ? byte ^ 1 : byte)), at: NOW }, 600);
    };
    await cache.put('damaged', bytes, use);
    await damage(colo);
    expect(await cache.get('damaged', use)).toEqual(bytes);
    await done();
    expect(warnings.splice(0)).toEqual(['a stored answer is damaged']);
    expect(await cache.get('damaged', use)).toEqual(bytes);
    await damage(colo);
    await damage(kv);
    expect(await cache.get('damaged', use)).toBeUndefined();
    expect(warnings).toEqual(Array(2).fill('a stored answer is damaged'));
  });

  it('refuses an answer that was copied to another key', async () => {
    const { cache, use } = cacheOf(colo, kv);
    await cache.put('copied', bytes, use);
    await kv.put('copy', (await kv.get('copied')) as StoredAnswer, 600);
    expect(await cache.get('copy', use)).toBeUndefined();
  });

  it('treats an answer older than the tenant allows as a miss', async () => {
    const { cache, use } = cacheOf(colo, kv);
    await cache.put('old', bytes, use);
    const later = cacheOf(colo, kv, NOW + 300);
    expect(await later.cache.get('old', later.use)).toEqual(bytes);
    expect(await later.cache.get('old', { ...later.use, seconds: 300 })).toBeUndefined();
  });

  it('falls back to the shared tier with a warning when the near tier fails', async () => {
    const fail = () => Promise.reject(new Error('no cache here'));
    const { cache, use, warnings, done } = cacheOf({ name: 'colo', get: fail, put: fail }, kv);
    await cache.put('alone', bytes, use);
    expect(await cache.get('alone', use)).toEqual(bytes);
    await done();
    expect(new Set(warnings)).toEqual(new Set(['a tier of the cache fails']));
  });
});
