/** Attribution shares in memory, for Prometheus. */
import type { DriftFacts, DriftSink } from '../edge/drift/sink.ts';
import { type Labels, line } from './histogram.ts';

/** Maximum number of series; further ones are not counted, since labels come from models that tenants upload. */
const MAX_SERIES = 5000;

interface Sum {
  readonly labels: Labels;
  sum: number;
  rows: number;
}

export class PrometheusDrift implements DriftSink {
  readonly rate: number;
  private readonly sums = new Map<string, Sum>();

  /** @param rate share of the requests that are counted, 0 to 1 */
  constructor(rate: number) {
    this.rate = rate;
  }

  add({ shares, label, ...facts }: DriftFacts): void {
    for (const [group, share] of Object.entries(shares)) {
      const labels = { ...facts, class: label, group };
      const key = JSON.stringify(labels);
      const known = this.sums.get(key) ?? { labels, sum: 0, rows: 0 };
      if (known.rows === 0 && this.sums.size >= MAX_SERIES) continue;
      known.sum += share;
      known.rows += 1;
      this.sums.set(key, known);
    }
  }

  /** Lines for `/metrics`; none before the first row. */
  lines(): string[] {
    const sums = [...this.sums.values()];
    if (sums.length === 0) return [];
    const family = (name: string, type: string, help: string, value: (one: Sum) => number): string[] => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...sums.map((one) => line(name, one.labels, value(one))),
    ];
    return [
      ...family('whylight_attribution_share', 'gauge', 'Mean share of a group.', ({ sum, rows }) => sum / rows),
      ...family('whylight_attribution_share_total', 'counter', 'Shares of a group, added up.', ({ sum }) => sum),
      ...family('whylight_attribution_rows_total', 'counter', 'Rows that were counted.', ({ rows }) => rows),
    ];
  }
}
