/** Figures in memory, as Prometheus reads them (text format 0.0.4): for a process that lives long, not for isolates. */
import type { Metrics, RequestFacts, RunFacts } from '../edge/observe/metrics.ts';
import { Histogram, type Labels, line } from './histogram.ts';

/** Upper bounds of the latency histogram, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Upper bounds for runs, which may take minutes. */
const RUN_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** Maximum number of series; further ones are counted together, since tenants choose model names. */
const MAX_SERIES = 2000;
const OTHER_RUNS = { tenant: '', model: 'other', method: '', route: '', code: '' };
const OTHERS = { verb: '', route: 'other', status: 0, code: '', tenant: '', model: '', method: '', cache: '' };

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

export class PrometheusMetrics implements Metrics {
  private readonly requests = new Map<string, Series>();
  private readonly runs = new Map<string, Series & { seconds: number }>();
  private readonly gauges: Readonly<Record<string, Gauge>>;
  private readonly further: () => readonly string[];
  private readonly latency = new Histogram('whylight_request_seconds', 'Time until an answer was ready.', BUCKETS);
  private readonly durations = new Histogram(
    'whylight_run_seconds',
    'Time that runs took once it was their turn.',
    RUN_BUCKETS,
  );
  private readonly queued = new Histogram('whylight_run_queue_seconds', 'Time that runs waited for it.', RUN_BUCKETS);

  /**
   * @param gauges by name
   * @param further lines of other metrics
   */
  constructor(gauges: Readonly<Record<string, Gauge>> = {}, further: () => readonly string[] = () => []) {
    this.gauges = gauges;
    this.further = further;
  }

  ran({ ms, queueMs, samples, ...facts }: RunFacts): void {
    const known = this.runs.has(JSON.stringify(facts)) || this.runs.size < MAX_SERIES;
    const labels = known ? facts : OTHER_RUNS;
    const key = JSON.stringify(labels);
    const series = this.runs.get(key) ?? { labels, count: 0, samples: 0, seconds: 0 };
    series.count++;
    series.samples += samples;
    series.seconds += ms / 1000;
    this.runs.set(key, series);
    const { model, method, route } = labels;
    this.durations.observe({ model, method, route }, ms / 1000);
    this.queued.observe({ route }, queueMs / 1000);
  }

  count({ ms, samples, ...facts }: RequestFacts): void {
    const known = this.requests.has(JSON.stringify(facts)) || this.requests.size < MAX_SERIES;
    const labels = known ? facts : OTHERS;
    const series = this.requests.get(JSON.stringify(labels)) ?? { labels, count: 0, samples: 0 };
    series.count++;
    series.samples += samples;
    this.requests.set(JSON.stringify(labels), series);
    const { route, method, cache } = labels;
    this.latency.observe({ route, method, cache }, ms / 1000);
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
      ...this.latency.lines(),
      ...this.runLines(),
      ...this.durations.lines(),
      ...this.queued.lines(),
      ...Object.entries(this.gauges).flatMap(gaugeLines),
      ...this.further(),
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
      ...family('whylight_runs_total', 'Runs of this server.', ({ count }) => count),
      ...family('whylight_run_samples_total', 'Rows that those ran through a model.', ({ samples }) => samples),
      ...family('whylight_run_seconds_total', 'Time that they took once it was their turn.', ({ seconds }) => seconds),
    ];
  }
}

function gaugeLines([name, { help, read }]: [string, Gauge]): string[] {
  const found = read();
  const head = [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`];
  if (typeof found === 'number') return [...head, `${name} ${found}`];
  const { label, values } = found;
  return [...head, ...Object.entries(values).map(([part, value]) => line(name, { [label]: part }, value))];
}
