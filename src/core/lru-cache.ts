/** Bounded cache that evicts the least recently used entry first. Holds values, never promises. */

export interface LruOptions<T> {
  /** Maximum total weight of the entries. */
  readonly capacity: number;
  /** Weight of a value, in the unit of `capacity`; 1 when left out. It may change while the value is in the cache. */
  readonly weigh?: (value: T) => number;
  /** Returns true for a value that must not be evicted now, even where the cache is over its capacity. */
  readonly isPinned?: (value: T) => boolean;
  /** Called with each value that is evicted. */
  readonly evicted?: (value: T) => void;
  /** Milliseconds for which an entry is fresh; for ever when left out. */
  readonly freshMs?: number;
  /** Milliseconds after which an entry expires; never when left out. */
  readonly maxAgeMs?: number;
  /** Milliseconds, from any origin. */
  readonly clock?: () => number;
}

/**
 * A map from strings to values with a bound on the total weight of its values, and optionally on their age.
 *
 * @example
 * const cache = new LruCache<Uint8Array>({ capacity: 2 ** 20, weigh: ({ length }) => length });
 * cache.set('a', bytes);
 * cache.get('a')?.value;
 */
export class LruCache<T> {
  private readonly options: Required<LruOptions<T>>;
  /** The least recently used first. */
  private readonly entries = new Map<string, { readonly value: T; readonly at: number }>();

  constructor({
    capacity,
    weigh = () => 1,
    isPinned = () => false,
    evicted = () => {},
    freshMs = Infinity,
    maxAgeMs = Infinity,
    clock = () => 0,
  }: LruOptions<T>) {
    this.options = { capacity, weigh, isPinned, evicted, freshMs, maxAgeMs, clock };
  }

  /** Number of entries. */
  get size(): number {
    return this.entries.size;
  }

  /** Total weight of the entries. */
  get weight(): number {
    return [...this.entries.values()].reduce((sum, { value }) => sum + this.options.weigh(value), 0);
  }

  /** Keys, the least recently used first. */
  get keys(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** Returns the value and marks it as the most recently used; undefined when there is none or it has expired. */
  get(key: string): { readonly value: T; readonly fresh: boolean } | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    this.entries.delete(key);
    const age = this.options.clock() - entry.at;
    if (age >= this.options.maxAgeMs) return undefined;
    this.entries.set(key, entry);
    return { value: entry.value, fresh: age < this.options.freshMs };
  }

  /** Stores a value as the most recently used, and evicts others where the cache is over its capacity. */
  set(key: string, value: T): void {
    this.entries.delete(key);
    this.entries.set(key, { value, at: this.options.clock() });
    this.trim(this.options.capacity, key);
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  /** Removes all entries without calling `evicted`. */
  clear(): void {
    this.entries.clear();
  }

  /**
   * Evicts the least recently used values until the rest is within the capacity.
   * @param keep key of an entry that stays, whatever its weight
   */
  trim(capacity: number = this.options.capacity, keep?: string): void {
    const { weigh, isPinned, evicted } = this.options;
    let { weight } = this;
    for (const [key, { value }] of this.entries) {
      if (weight <= capacity) break;
      if (key === keep || isPinned(value)) continue;
      this.entries.delete(key);
      weight -= weigh(value);
      evicted(value);
    }
  }
}
