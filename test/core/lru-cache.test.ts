import { describe, expect, it } from 'vitest';
import { LruCache } from '../../src/core/lru-cache.ts';

describe('LruCache', () => {
  it('evicts the least recently used entry', () => {
    const cache = new LruCache<number>({ capacity: 2 });
    cache.set('a', 1);
    cache.set('b', 2);
    cache.get('a');
    cache.set('c', 3);
    expect(cache.keys).toEqual(['a', 'c']);
  });

  it('limits the total weight, but keeps a single entry above the limit', () => {
    const cache = new LruCache<number>({ capacity: 10, weigh: (value) => value });
    cache.set('a', 6);
    cache.set('b', 4);
    expect(cache.weight).toBe(10);
    cache.set('c', 100);
    expect(cache.keys).toEqual(['c']);
  });

  it('keeps pinned values, and reports evicted ones', () => {
    const evicted: string[] = [];
    const cache = new LruCache<string>({
      capacity: 1,
      isPinned: (value) => value === 'pinned',
      evicted: (value) => void evicted.push(value),
    });
    for (const value of ['pinned', 'b', 'c']) cache.set(value, value);
    expect(cache.keys).toEqual(['pinned', 'c']);
    expect(evicted).toEqual(['b']);
  });

  it('returns an entry as fresh, then as stale, then not at all', () => {
    let now = 0;
    const cache = new LruCache<number>({ capacity: 1, freshMs: 10, maxAgeMs: 20, clock: () => now });
    cache.set('a', 1);
    expect(cache.get('a')).toEqual({ value: 1, fresh: true });
    now = 10;
    expect(cache.get('a')).toEqual({ value: 1, fresh: false });
    now = 20;
    expect(cache.get('a')).toBeUndefined();
    expect(cache.size).toBe(0);
  });
});
