/**
 * Models in memory, bounded in bytes: the least recently used goes first. One that somebody still uses is found again
 * even after it went, so that it never lies in memory twice.
 */
import type { WaitUntil } from '../../core/engine/session-cache.ts';

export interface Weighed<T> {
  readonly value: T;
  readonly bytes: number;
}

export class Shelf<T extends object> {
  private readonly capacity: number;
  /** The least recently used first. */
  private readonly held = new Map<string, Weighed<T>>();
  /** Also what has gone from `held`, for as long as a request holds it. */
  private readonly alive = new Map<string, { readonly value: WeakRef<T>; readonly bytes: number }>();
  private readonly loading = new Map<string, Promise<T>>();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Bytes that the shelf itself keeps in memory. */
  get bytes(): number {
    return [...this.held.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get keys(): readonly string[] {
    return [...this.held.keys()];
  }

  /**
   * @param waitUntil keeps the load going for other requests when this one ends early: a promise whose request has ended
   * never settles in a Worker
   */
  get(key: string, load: () => Promise<Weighed<T>>, waitUntil: WaitUntil): Promise<T> {
    const known = this.held.get(key) ?? this.stillAlive(key);
    if (known) {
      this.hold(key, known);
      return Promise.resolve(known.value);
    }
    const pending = this.loading.get(key) ?? this.load(key, load, waitUntil);
    return pending;
  }

  private load(key: string, load: () => Promise<Weighed<T>>, waitUntil: WaitUntil): Promise<T> {
    const loaded = load()
      .then((weighed) => {
        this.hold(key, weighed);
        this.alive.set(key, { value: new WeakRef(weighed.value), bytes: weighed.bytes });
        return weighed.value;
      })
      // What could not be read may be readable the next time.
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

  /** Puts it at the end, and lets go of the oldest ones; the one just asked for stays, however large. */
  private hold(key: string, weighed: Weighed<T>): void {
    this.held.delete(key);
    this.held.set(key, weighed);
    let { bytes } = this;
    for (const [oldest, { bytes: freed }] of this.held) {
      if (bytes <= this.capacity || oldest === key) break;
      this.held.delete(oldest);
      bytes -= freed;
    }
    for (const [name, { value }] of this.alive) if (!value.deref()) this.alive.delete(name);
  }
}
