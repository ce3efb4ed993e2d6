import { describe, expect, test, vi } from 'vitest';
import type { Session } from '../../../src/core/engine/engine.ts';
import { type LoadSession, SessionCache, sessionMemory } from '../../../src/core/engine/session-cache.ts';
import { WhylightError } from '../../../src/core/errors.ts';
import type { ModelBytes } from '../../../src/core/onnx/model-bytes.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import { denseInput, denseModel } from '../../support/tiny-models.ts';

const engine = onnxruntimeNode({ threads: 1 });
const WIDTH = 32;
const model = denseModel(WIDTH);
const ONE = sessionMemory(model);

/** Loads real sessions and notes what happens to them. */
function recorder() {
  const events: string[] = [];
  const load =
    (name: string, bytes: ModelBytes = model): LoadSession =>
    async (makeRoom) => {
      await makeRoom(bytes);
      events.push(`load ${name}`);
      const session = await engine.load(bytes);
      const release = vi.spyOn(session, 'release');
      release.mockImplementation(async () => {
        events.push(`release ${name}`);
        release.mockRestore();
        await session.release();
      });
      return { session, bytes };
    };
  return { events, load };
}

const works = async (session: Session) => (await session.run({ x: denseInput(WIDTH, 3) })).y?.dims;

describe('SessionCache', () => {
  test('loads a session once', async () => {
    const { events, load } = recorder();
    const cache = new SessionCache(10 * ONE);
    const first = await cache.acquire('a', load('a'));
    const second = await cache.acquire('a', load('a'));
    expect(second.session).toBe(first.session);
    first.release();
    second.release();
    await cache.acquire('a', load('a'));
    expect(events).toEqual(['load a']);
    expect([cache.size, cache.bytes]).toEqual([1, ONE]);
  });

  test('shares one load between concurrent callers', async () => {
    const { events, load } = recorder();
    const cache = new SessionCache(10 * ONE);
    const leases = await Promise.all(Array.from({ length: 5 }, () => cache.acquire('a', load('a'))));
    expect(new Set(leases.map(({ session }) => session)).size).toBe(1);
    expect(events).toEqual(['load a']);
  });

  test('releases the least recently used session first', async () => {
    const { events, load } = recorder();
    const cache = new SessionCache(2 * ONE);
    for (const key of ['a', 'b', 'a', 'c', 'a']) (await cache.acquire(key, load(key))).release();
    expect(events).toEqual(['load a', 'load b', 'release b', 'load c']);
    expect(cache.bytes).toBe(2 * ONE);
  });

  test('makes room before it loads', async () => {
    const { events, load } = recorder();
    const cache = new SessionCache(ONE);
    for (const key of ['a', 'b']) (await cache.acquire(key, load(key))).release();
    expect(events).toEqual(['load a', 'release a', 'load b']);
  });

  test('keeps a session in use, and returns to its limit when it is released', async () => {
    const { events, load } = recorder();
    const cache = new SessionCache(ONE);
    const [a, alsoA] = [await cache.acquire('a', load('a')), await cache.acquire('a', load('a'))];
    const b = await cache.acquire('b', load('b'));
    expect(await works(a.session)).toEqual([2, WIDTH]);
    expect(cache.bytes).toBe(2 * ONE);
    a.release();
    a.release();
    expect(events).toEqual(['load a', 'load b']);
    expect(await works(alsoA.session)).toEqual([2, WIDTH]);
    alsoA.release();
    expect(events).toEqual(['load a', 'load b', 'release a']);
    expect(cache.bytes).toBe(ONE);
    expect(await works(b.session)).toEqual([2, WIDTH]);
  });

  test('releases a session larger than the cache after its last use', async () => {
    const { events, load } = recorder();
    const cache = new SessionCache(ONE / 2);
    const lease = await cache.acquire('a', load('a'));
    expect(await works(lease.session)).toEqual([2, WIDTH]);
    lease.release();
    expect(events).toEqual(['load a', 'release a']);
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
  });

  test('loads again after a failed load', async () => {
    const { events, load } = recorder();
    const cache = new SessionCache(10 * ONE);
    const damaged = { graph: model.graph.slice(0, 50), external: model.external };
    const failures = await Promise.allSettled([
      cache.acquire('a', load('damaged', damaged)),
      cache.acquire('a', load('never called')),
    ]);
    for (const failure of failures) {
      expect(failure.status === 'rejected' && WhylightError.is(failure.reason, 'invalid_model')).toBe(true);
    }
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
    const lease = await cache.acquire('a', load('a'));
    expect(await works(lease.session)).toEqual([2, WIDTH]);
    expect(events).toEqual(['load damaged', 'load a']);
  });

  test('survives a loader that throws synchronously', async () => {
    const cache = new SessionCache(ONE);
    const load = () => {
      throw new WhylightError('invalid_model', 'No.');
    };
    await expect(cache.acquire('a', load)).rejects.toMatchObject({ code: 'invalid_model' });
    expect(cache.size).toBe(0);
  });

  test('passes the load to waitUntil without its failure', async () => {
    const { load } = recorder();
    const cache = new SessionCache(ONE);
    const kept: Promise<unknown>[] = [];
    await cache.acquire('a', load('a'), { waitUntil: (promise) => kept.push(promise) });
    await cache.acquire('a', load('a'), { waitUntil: (promise) => kept.push(promise) });
    await expect(
      cache.acquire('b', load('b', { graph: new Uint8Array(1) }), { waitUntil: (promise) => kept.push(promise) }),
    ).rejects.toThrow();
    expect(await Promise.allSettled(kept)).toEqual([
      expect.objectContaining({ status: 'fulfilled' }),
      expect.objectContaining({ status: 'fulfilled' }),
    ]);
  });

  test('releases all idle sessions when it is cleared', async () => {
    const { events, load } = recorder();
    const cache = new SessionCache(10 * ONE);
    const kept = await cache.acquire('a', load('a'));
    (await cache.acquire('b', load('b'))).release();
    await cache.clear();
    expect(events).toEqual(['load a', 'load b', 'release b']);
    expect(await works(kept.session)).toEqual([2, WIDTH]);
  });

  test('stays within its limit with 40 concurrent callers', async () => {
    const { load } = recorder();
    const cache = new SessionCache(3 * ONE);
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const key = `model ${(i * 7) % 6}`;
        const lease = await cache.acquire(key, load(key));
        expect(await works(lease.session)).toEqual([2, WIDTH]);
        lease.release();
      }),
    );
    expect(cache.bytes).toBeLessThanOrEqual(3 * ONE);
  });
});

test('sessionMemory counts external data as cheaper than data in the graph', () => {
  const graph = new Uint8Array(1000);
  expect(sessionMemory({ graph })).toBe(3000);
  expect(
    sessionMemory({ graph: graph.subarray(0, 100), external: [{ path: 'w', data: graph.subarray(0, 900) }] }),
  ).toBe(300 + 1170);
});
