/**
 * Cache of loaded sessions, bounded in bytes: the least recently used one is released first. A session in use is never
 * released, even when the cache is over its capacity.
 */
import { untilAborted } from '../abort.ts';
import { LruCache } from '../lru-cache.ts';
import type { MemoryPool } from '../memory-pool.ts';
import type { ModelBytes } from '../onnx/model-bytes.ts';
import type { Session } from './engine.ts';

/** The right to use a session until it is given back. */
export interface Lease {
  readonly session: Session;
  /** Gives the session back; calling it again does nothing. */
  release(): void;
  /** Records the bytes of tensors that a run of the session has taken: an engine keeps them for the next run. */
  used(bytes: number): void;
}

/** Bytes of memory that a session takes, where no file says so. */
export interface KnownMemory {
  readonly memory: number;
}

export interface LoadedSession {
  readonly session: Session;
  /** The file it was made from, of which only the size is kept, or the memory that it takes. */
  readonly bytes: ModelBytes | KnownMemory;
}

/**
 * Makes a session. Calling `makeRoom` with the file before loading it releases what has to go first, so that the old
 * sessions and the new one are never in memory together.
 */
export type LoadSession = (makeRoom: (bytes: ModelBytes | KnownMemory) => Promise<void>) => Promise<LoadedSession>;

/** Keeps a promise alive after the request that made it has ended, as platforms offer it. */
export type WaitUntil = (promise: Promise<unknown>) => void;

/** Wait of one caller for a session that is being loaded. */
export interface LoadWait {
  readonly waitUntil?: WaitUntil;
  /** Ends the wait of this caller; the load goes on for others. */
  readonly signal?: AbortSignal;
}

export interface SessionCacheOptions {
  /** Memory that the sessions share with other caches; it may be less than their own capacity. */
  readonly pool?: MemoryPool | undefined;
  /** Memory of a session in bytes; {@link sessionMemory} when left out. */
  readonly weigh?: (bytes: ModelBytes) => number;
}

interface Entry {
  users: number;
  /** Memory of the session without tensors; 0 until that is known. */
  bytes: number;
  /** Memory of the tensors of its largest run. */
  tensors: number;
  session?: Session;
  ready: Promise<Session>;
}

export class SessionCache {
  readonly capacity: number;
  private readonly entries: LruCache<Entry>;
  private readonly pool: MemoryPool | undefined;
  private readonly weigh: (bytes: ModelBytes) => number;
  /** Releases in progress. */
  private released: Promise<void>[] = [];

  /** @param capacity bytes of memory, as {@link SessionCacheOptions.weigh} estimates them */
  constructor(capacity: number, { pool, weigh = sessionMemory }: SessionCacheOptions = {}) {
    this.capacity = capacity;
    this.pool = pool;
    this.weigh = weigh;
    this.entries = new LruCache({
      capacity,
      // Without a pool the engine's tensors have a bound elsewhere: in WebAssembly all sessions share them.
      weigh: ({ bytes, tensors }) => bytes + (pool ? tensors : 0),
      isPinned: ({ users, session }) => users > 0 || !session,
      evicted: ({ session }) => void (session && this.released.push(session.release())),
    });
    pool?.add({ part: 'sessions', bytes: () => this.bytes, shrinkTo: (bytes) => this.shrinkTo(bytes) });
  }

  /** Estimated bytes of all sessions held. */
  get bytes(): number {
    return this.entries.weight;
  }

  /** Number of sessions held, those being loaded among them. */
  get size(): number {
    return this.entries.size;
  }

  /**
   * The session of this key, loaded when the cache does not have it. Callers that ask while it is loading share the one
   * load; a load that fails fails for all of them and is forgotten.
   *
   * A Worker must give `waitUntil`: workerd never settles a promise whose request has ended, and a load cut off in this
   * way would hang everybody who waits for it, for as long as the isolate lives.
   * @throws WhylightError `overloaded`, `budget_exceeded` of the pool; what the load throws; the reason of the signal, when the caller's wait is aborted before the load ends
   */
  async acquire(key: string, load: LoadSession, { waitUntil, signal }: LoadWait = {}): Promise<Lease> {
    const entry = this.entries.get(key)?.value ?? this.start(key, load, waitUntil);
    entry.users++;
    try {
      return this.lease(entry, await (signal ? untilAborted(entry.ready, signal) : entry.ready));
    } catch (error) {
      entry.users--;
      throw error;
    }
  }

  /** Releases every session that nobody uses. */
  async clear(): Promise<void> {
    await this.shrinkTo(0);
  }

  private start(key: string, load: LoadSession, waitUntil?: WaitUntil): Entry {
    const entry = { users: 0, bytes: 0, tensors: 0 } as Entry;
    this.entries.set(key, entry);
    entry.ready = this.finish(key, entry, load);
    waitUntil?.(entry.ready.catch(() => {}));
    return entry;
  }

  private async finish(key: string, entry: Entry, load: LoadSession): Promise<Session> {
    try {
      const { session, bytes } = await load(async (bytes) => {
        entry.bytes = this.memoryOf(bytes);
        await this.shrinkTo(this.capacity);
        await this.pool?.fit(entry.bytes);
      });
      entry.session = session;
      entry.bytes = this.memoryOf(bytes);
      await this.shrinkTo(this.capacity);
      return session;
    } catch (error) {
      if (this.entries.get(key)?.value === entry) this.entries.delete(key);
      throw error;
    }
  }

  private lease(entry: Entry, session: Session): Lease {
    let held = true;
    return {
      session,
      release: () => {
        if (!held) return;
        held = false;
        entry.users--;
        void this.shrinkTo(this.capacity);
      },
      used: (bytes) => {
        entry.tensors = Math.max(entry.tensors, bytes);
      },
    };
  }

  private memoryOf(bytes: ModelBytes | KnownMemory): number {
    return 'memory' in bytes ? bytes.memory : this.weigh(bytes);
  }

  /** Releases unused sessions, the least recently used first, until the rest fits. */
  private async shrinkTo(capacity: number): Promise<void> {
    this.entries.trim(capacity);
    const { released } = this;
    this.released = [];
    // A session that cannot be released is lost either way; the error is not that of the next request.
    await Promise.allSettled(released);
  }
}

/**
 * Bytes that a session of this file takes, about: onnxruntime-web 1.30 holds what lies inside the graph file three times
 * (file, parsed message, packed weights), external data 1.3 times (measured with MobileNetV2 in workerd).
 */
export function sessionMemory({ graph, external = [] }: ModelBytes): number {
  const outside = external.reduce((sum, { data }) => sum + data.byteLength, 0);
  return Math.ceil(3 * graph.byteLength + 1.3 * outside);
}
