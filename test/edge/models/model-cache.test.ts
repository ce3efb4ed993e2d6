import { describe, expect, it } from 'vitest';
import { ModelCache } from '../../../src/edge/models/model-cache.ts';

function cacheOf(capacity: number) {
  const loads: string[] = [];
  const waiting: Promise<unknown>[] = [];
  const on = new ModelCache<{ name: string }>(capacity);
  const get = (name: string, bytes = 10) =>
    on.get(
      name,
      async () => {
        loads.push(name);
        return { value: { name }, bytes };
      },
      (promise) => void waiting.push(promise),
    );
  return { on, get, loads, waiting };
}

describe('ModelCache', () => {
  it('evicts the least recently used models when the capacity is exceeded', async () => {
    const { on, get, loads } = cacheOf(30);
    for (const name of ['a', 'b', 'c', 'a', 'd']) await get(name);
    expect(on.keys).toEqual(['c', 'a', 'd']);
    expect(on.bytes).toBe(30);
    expect(loads).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps the model just requested, even if it exceeds the capacity', async () => {
    const { on, get } = cacheOf(30);
    await get('a');
    await get('huge', 1000);
    expect(on.keys).toEqual(['huge']);
    await get('a');
    expect(on.keys).toEqual(['a']);
  });

  it('returns an evicted model while it is still in use, without loading it again', async () => {
    const { get, loads } = cacheOf(10);
    const used = await get('a');
    await get('b');
    expect(await get('a')).toBe(used);
    expect(loads).toEqual(['a', 'b']);
  });

  it('loads a model once for concurrent requests', async () => {
    const { get, loads, waiting } = cacheOf(10);
    const [first, second] = await Promise.all([get('a'), get('a')]);
    expect(first).toBe(second);
    expect(loads).toEqual(['a']);
    expect(waiting).toHaveLength(1);
  });

  it('loads a model again after a failed load', async () => {
    const on = new ModelCache<object>(10);
    const waiting: Promise<unknown>[] = [];
    const wait = (promise: Promise<unknown>) => void waiting.push(promise);
    await expect(on.get('a', () => Promise.reject(new Error('gone')), wait)).rejects.toThrow('gone');
    await expect(Promise.all(waiting)).resolves.toBeDefined();
    const value = {};
    expect(await on.get('a', async () => ({ value, bytes: 1 }), wait)).toBe(value);
  });
});
