/** Models in memory, bounded in bytes. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { LruCache } from '../../core/lru-cache.ts';
import type { MemoryPool } from '../../core/memory-pool.ts';

export interface Weighed<T> {
  readonly value: T;
  readonly bytes: number;
}

/**
 * Cache of loaded models. Concurrent requests for a model share one load. A model that was evicted but is still in use
 * is found again, so that it is never in memory twice.
 */
export class ModelCache<T extends object> {
  private readonly held: LruCache<Weighed<T>>;
  /** Models that requests may still hold, evicted ones among them. */
  private readonly alive = new Map<string, { readonly value: WeakRef<T>; readonly bytes: number }>();
  private readonly loading = new Map<string, Promise<T>>();

  private readonly pool: MemoryPool | undefined;

  /**
   * @param capacity bytes; the model that was asked for last stays, however large
   * @param pool memory that the models share with other caches
   */
  constructor(capacity: number, pool?: MemoryPool) {
    this.held = new LruCache({ capacity, weigh: ({ bytes }) => bytes });
    this.pool = pool;
    pool?.add({ part: 'models', bytes: () => this.bytes, shrinkTo: (bytes) => this.held.trim(bytes) });
  }

  /** Bytes of the models that the cache holds. */
  get bytes(): number {
    return this.held.weight;
  }

  /** Keys of the models that the cache holds, the least recently used first. */
  get keys(): readonly string[] {
    return this.held.keys;
  }

  /**
   * Returns the model of this key, or loads it. A load that fails is tried again by the next request.
   * @param waitUntil keeps the load alive for other requests when this one ends early: a promise whose request has ended
   * never settles in a Worker
   * @throws what the load throws; WhylightError `overloaded`, `budget_exceeded` of the pool
   */
  get(key: string, load: () => Promise<Weighed<T>>, waitUntil: WaitUntil): Promise<T> {
    const known = this.held.get(key)?.value ?? this.stillAlive(key);
    if (known) {
      this.hold(key, known);
      return Promise.resolve(known.value);
    }
    return this.loading.get(key) ?? this.load(key, load, waitUntil);
  }

  private load(key: string, load: () => Promise<Weighed<T>>, waitUntil: WaitUntil): Promise<T> {
    const loaded = load()
      .then(async (weighed) => {
        this.hold(key, weighed);
        await this.pool?.fit(weighed.bytes).catch((error: unknown) => {
          this.held.delete(key);
          throw error;
        });
        this.alive.set(key, { value: new WeakRef(weighed.value), bytes: weighed.bytes });
        return weighed.value;
      })
      .finally(() => this.loading.delete(key));
    this.loading.set(key, loaded);
    waitUntil(loaded.catch(() => undefined));
    return loaded;
  }

  private stillAlive(key: string): Weighed<T> | undefined {
    const entry = this.alive.get(key);
    const value = entry?.value.deref();
    return entry && value ? { value, bytes: entry.bytes } : undefined;
  }

  private hold(key: string, weighed: Weighed<T>): void {
    this.held.set(key, weighed);
    for (const [name, { value }] of this.alive) if (!value.deref()) this.alive.delete(name);
  }
}
