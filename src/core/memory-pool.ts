/** Memory that models, sessions and request bodies share, bounded in bytes. */
import { WhylightError } from './errors.ts';

/** A cache that takes part of a pool. */
export interface MemoryHolder {
  /** Name of the part in metrics. */
  readonly part: string;
  /** Bytes that it holds now, what is being loaded included. */
  bytes(): number;
  /** Releases what nobody uses, the least recently used first, until it holds at most so many bytes or no more can go. */
  shrinkTo(bytes: number): Promise<void> | void;
}

/** Memory that a process really takes, for a bound beside that on what is counted. */
export interface Resident {
  /** Bytes that it may take. */
  readonly limit: number;
  /** Bytes that it takes. */
  read(): number;
  /** Gives back what nobody needs; called at most once a second. */
  collect(): Promise<void>;
}

const MIB = 2 ** 20;
/** Milliseconds between two collections. */
const COLLECT_MS = 1000;
const RETRY_AFTER_S = 1;

/**
 * Bound on memory over several caches and everything that is reserved for a time. What is in use is never taken away:
 * where it fills the pool, more is refused.
 *
 * @example
 * const pool = new MemoryPool(512 * 2 ** 20);
 * const release = await pool.reserve('bodies', body.byteLength);
 * try { await answer(body); } finally { release(); }
 */
export class MemoryPool {
  /** Bytes. */
  readonly capacity: number;
  private readonly holders: MemoryHolder[] = [];
  private readonly reserved = new Map<string, number>();
  private readonly resident: Resident | undefined;
  private collected = -Infinity;

  constructor(capacity: number, resident?: Resident) {
    this.capacity = capacity;
    this.resident = resident;
  }

  /** Adds a cache. Caches are shrunk in the order in which they were added. */
  add(holder: MemoryHolder): void {
    this.holders.push(holder);
  }

  /** Bytes of each part, by its name. */
  get parts(): Readonly<Record<string, number>> {
    const parts: Record<string, number> = Object.fromEntries(this.reserved);
    for (const { part, bytes } of [...this.holders]) parts[part] = (parts[part] ?? 0) + bytes();
    return parts;
  }

  /** Bytes of all parts. */
  get bytes(): number {
    return Object.values(this.parts).reduce((sum, bytes) => sum + bytes, 0);
  }

  /**
   * Shrinks the caches until everything fits that they hold and that is reserved.
   * @param own bytes, counted already, of what the caller is about to add
   * @throws WhylightError `budget_exceeded` for more than the pool ever has; `overloaded` where what is in use leaves too
   * little
   */
  async fit(own: number): Promise<void> {
    if (own > this.capacity) throw tooLarge(own, this.capacity);
    await this.shrinkBy(() => this.bytes - this.capacity);
    if (this.bytes > this.capacity) throw full(own);
    await this.relieve();
  }

  /** Takes memory back where the process has more than it may, whatever is counted. */
  private async relieve(): Promise<void> {
    const { resident } = this;
    const now = performance.now();
    if (!resident || resident.read() <= resident.limit || now - this.collected < COLLECT_MS) return;
    this.collected = now;
    await resident.collect();
    const over = resident.read() - resident.limit;
    if (over <= 0) return;
    const wanted = this.bytes - over;
    await this.shrinkBy(() => this.bytes - wanted);
    await resident.collect();
  }

  private async shrinkBy(over: () => number): Promise<void> {
    for (const holder of this.holders) {
      const excess = over();
      if (excess <= 0) return;
      await holder.shrinkTo(Math.max(0, holder.bytes() - excess));
    }
  }

  /**
   * Reserves bytes for as long as they are needed.
   * @returns releases them; calling it again does nothing
   * @throws WhylightError as {@link fit}
   */
  async reserve(part: string, bytes: number): Promise<() => void> {
    this.change(part, bytes);
    let held = true;
    const release = (): void => {
      if (held) this.change(part, -bytes);
      held = false;
    };
    try {
      await this.fit(bytes);
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  private change(part: string, bytes: number): void {
    this.reserved.set(part, (this.reserved.get(part) ?? 0) + bytes);
  }
}

const mib = (bytes: number): string => `${Math.ceil(bytes / MIB)} MiB`;

const tooLarge = (bytes: number, capacity: number): WhylightError =>
  new WhylightError(
    'budget_exceeded',
    `This takes about ${mib(bytes)} of memory, and this server has ${mib(capacity)} for models, sessions and bodies together: send fewer rows, use a smaller model, or start the server with a larger --memory-mib.`,
    { bytes, allowed: capacity },
  );

const full = (bytes: number): WhylightError =>
  new WhylightError(
    'overloaded',
    `The memory of this server is in use, and this takes about ${mib(bytes)} more. Try again later.`,
    { bytes, retry_after: RETRY_AFTER_S },
  );
