/** Rows of a table by the class that the model gives them, drawn together for each method. */
import { beeswarm, type SwarmRow } from '../core/modality/beeswarm.ts';
import type { InputRecord } from './record.ts';

/** Fewer rows are no swarm. */
const MIN_ROWS = 5;

export class Swarms {
  private readonly rows = new Map<string, Map<string, SwarmRow[]>>();

  /** Adds a row of a table; other inputs, whose features are no numbers, are left out. */
  add(group: string, { features = [], amounts, methods }: InputRecord): void {
    if (!amounts) return;
    const named = features.map((name, i) => ({ name, ...(amounts[i] != null && { amount: amounts[i] }) }));
    for (const [method, { values }] of Object.entries(methods)) {
      if (!values) continue;
      const groups = this.rows.get(method) ?? new Map<string, SwarmRow[]>();
      this.rows.set(method, groups);
      const rows = groups.get(group) ?? [];
      rows.push({ features: named, values });
      groups.set(group, rows);
    }
  }

  /** Drawings by method and class. */
  draw(): Record<string, Record<string, string>> {
    const drawn = [...this.rows].map(([method, groups]) => {
      const large = [...groups].filter(([, rows]) => rows.length >= MIN_ROWS);
      return [method, Object.fromEntries(large.map(([group, rows]) => [group, beeswarm(group, rows)]))] as const;
    });
    return Object.fromEntries(drawn);
  }
}
