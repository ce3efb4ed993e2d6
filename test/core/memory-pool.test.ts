import { describe, expect, it } from 'vitest';
import { type MemoryHolder, MemoryPool } from '../../src/core/memory-pool.ts';

/** A cache of so many bytes, of which `pinned` are in use. */
function cache(part: string, held: number, pinned = 0): MemoryHolder {
  let bytes = held;
  return {
    part,
    bytes: () => bytes,
    shrinkTo: (wanted) => {
      bytes = Math.max(pinned, Math.min(bytes, wanted));
    },
  };
}

describe('MemoryPool', () => {
  it('shrinks its caches in their order, and no further than is needed', async () => {
    const pool = new MemoryPool(100);
    pool.add(cache('sessions', 50, 20));
    pool.add(cache('models', 40));
    const release = await pool.reserve('bodies', 50);
    expect(pool.parts).toEqual({ sessions: 20, models: 30, bodies: 50 });
    release();
    release();
    expect(pool.parts).toEqual({ sessions: 20, models: 30, bodies: 0 });
  });

  it('adds up caches that take the same part', () => {
    const pool = new MemoryPool(100);
    pool.add(cache('models', 10));
    pool.add(cache('models', 5));
    expect([pool.parts, pool.bytes]).toEqual([{ models: 15 }, 15]);
  });

  it('refuses for a while what only things in use leave no room for', async () => {
    const pool = new MemoryPool(100);
    pool.add(cache('sessions', 70, 70));
    await expect(pool.reserve('bodies', 40)).rejects.toMatchObject({
      code: 'overloaded',
      details: { retry_after: 1, bytes: 40 },
    });
    expect(pool.bytes).toBe(70);
    await pool.reserve('bodies', 30);
  });

  it('refuses for good what is larger than the pool', async () => {
    const pool = new MemoryPool(2 ** 20);
    const refusal = pool.reserve('bodies', 2 ** 21);
    await expect(refusal).rejects.toMatchObject({ code: 'budget_exceeded', details: { allowed: 2 ** 20 } });
    await expect(refusal).rejects.toThrow('takes about 2 MiB of memory, and this server has 1 MiB');
    expect(pool.bytes).toBe(0);
  });

  it('collects garbage, and then shrinks caches, when the process takes more than it may', async () => {
    const sessions = cache('sessions', 60);
    let resident = 170;
    const collections: number[] = [];
    const pool = new MemoryPool(100, {
      limit: 120,
      read: () => resident,
      collect: async () => {
        collections.push(sessions.bytes());
        resident -= 20;
      },
    });
    pool.add(sessions);
    await pool.fit(0);
    expect(sessions.bytes()).toBe(30);
    expect(collections).toEqual([60, 30]);
    await pool.fit(0);
    expect(collections).toHaveLength(2);
  });
});
