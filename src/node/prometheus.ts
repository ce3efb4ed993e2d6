/** Figures in memory, as Prometheus reads them (text format 0.0.4): for a process that lives long, not for isolates. */
import type { Metrics, RequestFacts, RunFacts } from '../edge/observe/metrics.ts';

/** Upper bounds of the latency histogram, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Maximum number of series; further ones are counted together, since tenants choose model names. */
const MAX_SERIES = 2000;
const OTHERS = { verb: '', route: 'other', status: 0, code: '', tenant: '', model: '', method: '', cache: '' };

type Labels = Readonly<Record<string, string | number>>;

interface Series {
  readonly labels: Labels;
  count: number;
  samples: number;
}

/** A gauge, read when metrics are scraped: one number, or one for each value of a label. */
export interface Gauge {
  readonly help: string;
  readonly read: () => number | { readonly label: string; readonly values: Readonly<Record<string, number>> };
}

interface Latency {
  readonly labels: Labels;
  /** One for each bucket, and one above all of them. */
  readonly buckets: number[];
  sum: number;
}

export class PrometheusMetrics implements Metrics {
  private readonly requests = new Map<string, Series>();
  private readonly runs = new Map<string, Series & { seconds: number }>();
  private readonly gauges: Readonly<Record<string, Gauge>>;
  private readonly latencies = new Map<string, Latency>();

  /** @param gauges by name */
  constructor(gauges: Readonly<Record<string, Gauge>> = {}) {
    this.gauges = gauges;
  }

  ran({ ms, samples, ...facts }: RunFacts): void {
    const known = this.runs.has(JSON.stringify(facts)) || this.runs.size < MAX_SERIES;
    const labels = known ? facts : { model: 'other', method: '', code: '' };
    const key = JSON.stringify(labels);
    const series = this.runs.get(key) ?? { labels, count: 0, samples: 0, seconds: 0 };
    series.count++;
    series.samples += samples;
    series.seconds += ms / 1000;
    this.runs.set(key, series);
  }

  count({ ms, samples, ...facts }: RequestFacts): void {
    const known = this.requests.has(JSON.stringify(facts)) || this.requests.size < MAX_SERIES;
    const labels = known ? facts : OTHERS;
    const series = this.requests.get(JSON.stringify(labels)) ?? { labels, count: 0, samples: 0 };
    series.count++;
    series.samples += samples;
    this.requests.set(JSON.stringify(labels), series);
    this.time({ route: labels.route, method: labels.method, cache: labels.cache }, ms / 1000);
  }

  text() {
    const lines = [
      '# HELP whylight_requests_total Requests answered.',
      '# TYPE whylight_requests_total counter',
      ...[...this.requests.values()].map(({ labels, count }) => line('whylight_requests_total', labels, count)),
      '# HELP whylight_samples_total Rows that ran through a model.',
      '# TYPE whylight_samples_total counter',
      ...[...this.requests.values()]
        .filter(({ samples }) => samples > 0)
        .map(({ labels, samples }) => line('whylight_samples_total', labels, samples)),
      '# HELP whylight_request_seconds Time until an answer was ready.',
      '# TYPE whylight_request_seconds histogram',
      ...[...this.latencies.values()].flatMap(histogram),
      ...this.runLines(),
      ...Object.entries(this.gauges).flatMap(gaugeLines),
    ];
    return { body: `${lines.join('\n')}\n`, type: 'text/plain; version=0.0.4; charset=utf-8' };
  }

  private runLines(): string[] {
    const runs = [...this.runs.values()];
    if (runs.length === 0) return [];
    const family = (name: string, help: string, value: (run: (typeof runs)[number]) => number) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} counter`,
      ...runs.map((run) => line(name, run.labels, value(run))),
    ];
    return [
      ...family('whylight_runs_total', 'Runs that edges sent.', ({ count }) => count),
      ...family('whylight_run_samples_total', 'Rows that those ran through a model.', ({ samples }) => samples),
      ...family('whylight_run_seconds_total', 'Time that they took once it was their turn.', ({ seconds }) => seconds),
    ];
  }

  private time(labels: Labels, seconds: number): void {
    const key = JSON.stringify(labels);
    const latency = this.latencies.get(key) ?? { labels, buckets: new Array(BUCKETS.length + 1).fill(0), sum: 0 };
    const at = BUCKETS.findIndex((bound) => seconds <= bound);
    const bucket = at < 0 ? BUCKETS.length : at;
    latency.buckets[bucket] = (latency.buckets[bucket] as number) + 1;
    latency.sum += seconds;
    this.latencies.set(key, latency);
  }
}

function gaugeLines([name, { help, read }]: [string, Gauge]): string[] {
  const found = read();
  const head = [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`];
  if (typeof found === 'number') return [...head, `${name} ${found}`];
  const { label, values } = found;
  return [...head, ...Object.entries(values).map(([part, value]) => line(name, { [label]: part }, value))];
}

function histogram({ labels, buckets, sum }: Latency): string[] {
  let total = 0;
  const lines = buckets.map((count, i) => {
    total += count;
    return line('whylight_request_seconds_bucket', { ...labels, le: BUCKETS[i] ?? '+Inf' }, total);
  });
  return [
    ...lines,
    line('whylight_request_seconds_sum', labels, sum),
    line('whylight_request_seconds_count', labels, total),
  ];
}

const line = (name: string, labels: Labels, value: number): string =>
  `${name}{${Object.entries(labels)
    .map(([label, text]) => `${label}="${quoted(String(text))}"`)
    .join(',')}} ${value}`;

const quoted = (text: string): string => text.replace(/[\\"\n]/g, (mark) => (mark === '\n' ? '\\n' : `\\${mark}`));
