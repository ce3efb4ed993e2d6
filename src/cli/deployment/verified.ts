/** Results of a check of stored data: what was read, and what is damaged. */

/** Something that is not what its digest or its checksum says. */
export interface Damage {
  /** Store: models, answers, jobs or files. */
  readonly store: string;
  /** Key of the entry, or owner, model, version and path of a file. */
  readonly name: string;
  readonly state: 'damaged' | 'missing';
}

export class Verified {
  readonly damage: Damage[] = [];
  /** Number of entries that were read, by store. */
  readonly checked: Record<string, number> = {};
  bytes = 0;

  /** Counts entries of a store. */
  count(store: string, entries: number, bytes: number): void {
    this.checked[store] = (this.checked[store] ?? 0) + entries;
    this.bytes += bytes;
  }

  /** Notes what is wrong. */
  note(store: string, name: string, state: Damage['state'] = 'damaged'): void {
    this.damage.push({ store, name, state });
  }
}
