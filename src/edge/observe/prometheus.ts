/** Figures in memory, as Prometheus reads them (text format 0.0.4): for a process that lives long, not for isolates. */
import type { Metrics, RequestFacts } from './metrics.ts';

/** Upper bounds of the latency histogram, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Series beyond this many are counted together: names of models come from tenants. */
const MOST_SERIES = 2000;
const OTHERS = { verb: '', route: 'other', status: 0, code: '', tenant: '', model: '', method: '', cache: '' };

type Labels = Readonly<Record<string, string | number>>;

interface Latency {
  readonly labels: Labels;
  /** One for each bucket, and one above all of them. */
  readonly buckets: number[];
  sum: number;
}

export class PrometheusMetrics implements Metrics {
  private readonly requests = new Map<string, { readonly labels: Labels; count: number; samples: number }>();
  private readonly latencies = new Map<string, Latency>();

  count({ ms, samples, ...facts }: RequestFacts): void {
    const known = this.requests.has(JSON.stringify(facts)) || this.requests.size < MOST_SERIES;
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
    ];
    return { body: `${lines.join('\n')}\n`, type: 'text/plain; version=0.0.4; charset=utf-8' };
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
