/** Histograms as Prometheus reads them. */

export type Labels = Readonly<Record<string, string | number>>;

interface Series {
  readonly labels: Labels;
  /** One for each bucket, and one above all of them. */
  readonly buckets: number[];
  sum: number;
}

/** Durations by label, in buckets with fixed bounds. */
export class Histogram {
  private readonly name: string;
  private readonly help: string;
  private readonly bounds: readonly number[];
  private readonly series = new Map<string, Series>();

  /** @param bounds upper bounds of the buckets in seconds, ascending */
  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.bounds = bounds;
  }

  observe(labels: Labels, seconds: number): void {
    const key = JSON.stringify(labels);
    const series = this.series.get(key) ?? { labels, buckets: new Array(this.bounds.length + 1).fill(0), sum: 0 };
    const at = this.bounds.findIndex((bound) => seconds <= bound);
    const bucket = at < 0 ? this.bounds.length : at;
    series.buckets[bucket] = (series.buckets[bucket] as number) + 1;
    series.sum += seconds;
    this.series.set(key, series);
  }

  /** The lines of the histogram; none before the first observation. */
  lines(): string[] {
    if (this.series.size === 0) return [];
    const head = [`# HELP ${this.name} ${this.help}`, `# TYPE ${this.name} histogram`];
    return [...head, ...[...this.series.values()].flatMap((series) => this.linesOf(series))];
  }

  private linesOf({ labels, buckets, sum }: Series): string[] {
    let total = 0;
    const lines = buckets.map((count, i) => {
      total += count;
      return line(`${this.name}_bucket`, { ...labels, le: this.bounds[i] ?? '+Inf' }, total);
    });
    return [...lines, line(`${this.name}_sum`, labels, sum), line(`${this.name}_count`, labels, total)];
  }
}

/** One sample. */
export const line = (name: string, labels: Labels, value: number): string => {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${quoted(String(text))}"`);
  return `${name}{${pairs.join(',')}} ${value}`;
};

const quoted = (text: string): string => text.replace(/[\\"\n]/g, (mark) => (mark === '\n' ? '\\n' : `\\${mark}`));
