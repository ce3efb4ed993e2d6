import { describe, expect, it } from 'vitest';
import type { Explanation } from '../../../src/core/explainer/explanation.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { cacheControl, cached } from '../../../src/edge/cache/cached.ts';
import { InFlight } from '../../../src/edge/cache/in-flight.ts';
import { noCache, type ResultCache } from '../../../src/edge/cache/result-cache.ts';

const explanation = {
  method: 'saliency',
  rows: [{ values: { input: float32([1, 2], [1, 2]) }, target: { index: 0, weights: [] }, score: 1, top: [] }],
} as unknown as Explanation;

const BOTH = { read: true, write: true };

async function ask(cache: ResultCache, allowed = BOTH, seconds = 60) {
  const [waiting, warnings]: [Promise<unknown>[], string[]] = [[], []];
  let computed = 0;
  const answer = await cached(
    {
      cache,
      inFlight: new InFlight(),
      key: 'k',
      seconds,
      allowed,
      log: (_, message) => void warnings.push(message),
      waitUntil: (promise) => void waiting.push(promise),
    },
    async () => {
      computed++;
      return explanation;
    },
  );
  await Promise.all(waiting);
  return { ...answer, computed, warnings };
}

/** A cache as a binding that fails in every way it can. */
const memory = (entries = new Map<string, Uint8Array>()): ResultCache => ({
  get: async (key) => entries.get(key),
  put: async (key, value) => void entries.set(key, value),
});

describe('cached', () => {
  it('computes an answer once and reads it from the cache afterwards', async () => {
    const cache = memory();
    const first = await ask(cache);
    expect(first).toMatchObject({ state: 'miss', computed: 1 });
    expect(await ask(cache)).toEqual({ ...first, state: 'hit', computed: 0 });
  });

  it.each([
    ['no-cache', { read: false, write: true }],
    ['max-age=0, No-Store', { read: false, write: false }],
    ['max-age=60', BOTH],
    [undefined, BOTH],
  ])('reads Cache-Control: %s as %j', (header, allowed) => {
    expect(cacheControl(header)).toEqual(allowed);
  });

  it('neither reads nor writes the cache when the client forbids it', async () => {
    const entries = new Map<string, Uint8Array>();
    expect(await ask(memory(entries), { read: false, write: false })).toMatchObject({ state: 'bypass', computed: 1 });
    expect(entries.size).toBe(0);
    await ask(memory(entries), { read: false, write: true });
    expect(entries.size).toBe(1);
    expect(await ask(memory(entries), { read: false, write: true })).toMatchObject({ state: 'bypass', computed: 1 });
  });

  it('neither reads nor writes the cache when the tenant allows 0 seconds', async () => {
    const entries = new Map<string, Uint8Array>();
    expect(await ask(memory(entries), BOTH, 0)).toMatchObject({ state: 'bypass', computed: 1 });
    expect(entries.size).toBe(0);
  });

  it('answers with a warning when the cache throws, rejects or holds a damaged entry', async () => {
    const fail = () => {
      throw new Error('broken');
    };
    const rejecting = { get: async () => fail(), put: async () => fail() };
    for (const cache of [rejecting, { get: fail, put: fail }] as ResultCache[]) {
      expect(await ask(cache)).toMatchObject({
        value: explanation,
        state: 'miss',
        computed: 1,
        warnings: ['the cache cannot be read', 'the cache cannot be written'],
      });
    }
    const entries = new Map([['k', new TextEncoder().encode('<html>not what you think</html>')]]);
    expect(await ask(memory(entries))).toMatchObject({
      value: explanation,
      computed: 1,
      warnings: ['a cache entry is damaged'],
    });
    expect(await ask(memory(entries))).toMatchObject({ state: 'hit', computed: 0 });
  });
});

function settledLater<T>() {
  const settle: { resolve?: (value: T) => void; reject?: (error: unknown) => void } = {};
  const promise = new Promise<T>((resolve, reject) => Object.assign(settle, { resolve, reject }));
  return { promise, ...(settle as Required<typeof settle>) };
}

describe('identical concurrent requests', () => {
  const options = { cache: noCache, key: 'k', seconds: 60, log: () => {}, waitUntil: () => {} };

  it('are computed once', async () => {
    const inFlight = new InFlight<Uint8Array>();
    const answer = settledLater<Explanation>();
    let computed = 0;
    const one = (allowed = BOTH) =>
      cached({ ...options, inFlight, allowed }, () => {
        computed++;
        return answer.promise;
      });
    const asked = [one(), one(), one({ read: false, write: true })];
    await new Promise((next) => setTimeout(next));
    answer.resolve(explanation);
    expect((await Promise.all(asked)).map(({ state }) => state)).toEqual(['miss', 'joined', 'bypass']);
    expect(computed).toBe(2);
    await new Promise((next) => setTimeout(next));
    expect((await one()).state).toBe('miss');
  });

  it('do not share a failure', async () => {
    const inFlight = new InFlight<Uint8Array>();
    const first = settledLater<Explanation>();
    const asked = [
      cached({ ...options, inFlight, allowed: BOTH }, () => first.promise),
      ...[1, 2].map(() => cached({ ...options, inFlight, allowed: BOTH }, async () => explanation)),
    ];
    const states = Promise.allSettled(asked);
    await new Promise((next) => setTimeout(next));
    first.reject(new Error('its client is gone'));
    const [failed, ...others] = await states;
    expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'its client is gone' } });
    expect(others.map((one) => one.status === 'fulfilled' && one.value.state)).toEqual(['miss', 'joined']);
  });
});
