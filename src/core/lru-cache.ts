/** A bounded map with an age for each entry; the least recently used goes first. Holds values, never promises. */
export interface RecentOptions {
  /** The most entries. */
  readonly capacity: number;
  /** Milliseconds during which an entry is as good as new. */
  readonly freshMs: number;
  /** Milliseconds after which an entry is gone. */
  readonly keepMs: number;
  readonly clock: () => number;
}

export class Recent<T> {
  private readonly options: RecentOptions;
  private readonly entries = new Map<string, { readonly value: T; readonly at: number }>();

  constructor(options: RecentOptions) {
    this.options = options;
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: string): { readonly value: T; readonly fresh: boolean } | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    this.entries.delete(key);
    const age = this.options.clock() - entry.at;
    if (age >= this.options.keepMs) return undefined;
    this.entries.set(key, entry);
    return { value: entry.value, fresh: age < this.options.freshMs };
  }

  set(key: string, value: T): void {
    this.entries.delete(key);
    this.entries.set(key, { value, at: this.options.clock() });
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.options.capacity) break;
      this.entries.delete(oldest);
    }
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
  }
}
