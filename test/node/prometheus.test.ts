import { describe, expect, it } from 'vitest';
import type { RequestFacts } from '../../src/edge/observe/metrics.ts';
import { PrometheusMetrics } from '../../src/node/prometheus.ts';

const facts = (changed: Partial<RequestFacts> = {}): RequestFacts => ({
  verb: 'POST',
  route: '/v2/models/:model/explain',
  status: 200,
  code: '',
  tenant: 'acme',
  model: 'cifar10',
  method: 'saliency',
  cache: 'miss',
  ms: 30,
  samples: 1,
  ...changed,
});

const lines = (metrics: PrometheusMetrics): string[] => metrics.text().body.split('\n');
const figureOf = (metrics: PrometheusMetrics, start: string): number =>
  Number(
    lines(metrics)
      .find((line) => line.startsWith(start))
      ?.split(' ')
      .at(-1),
  );

describe('PrometheusMetrics', () => {
  it('counts requests and samples by label', () => {
    const metrics = new PrometheusMetrics();
    metrics.count(facts());
    metrics.count(facts({ ms: 40, samples: 9 }));
    metrics.count(facts({ status: 404, code: 'model_not_found', samples: 0 }));
    expect(
      figureOf(metrics, 'whylight_requests_total{verb="POST",route="/v2/models/:model/explain",status="200"'),
    ).toBe(2);
    expect(figureOf(metrics, 'whylight_samples_total')).toBe(10);
    expect(lines(metrics).filter((line) => line.startsWith('whylight_requests_total'))).toHaveLength(2);
  });

  it('has a histogram with cumulative buckets', () => {
    const metrics = new PrometheusMetrics();
    for (const ms of [1, 30, 30, 60_000]) metrics.count(facts({ ms }));
    const buckets = lines(metrics)
      .filter((line) => line.includes('_bucket'))
      .map((line) => [/le="([^"]+)"/.exec(line)?.[1], Number(line.split(' ').at(-1))]);
    expect(buckets).toEqual([
      ['0.005', 1],
      ['0.01', 1],
      ['0.025', 1],
      ...['0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10'].map((bound) => [bound, 3]),
      ['+Inf', 4],
    ]);
    expect(figureOf(metrics, 'whylight_request_seconds_sum')).toBeCloseTo(60.061);
    expect(figureOf(metrics, 'whylight_request_seconds_count')).toBe(4);
  });

  it('escapes label values', () => {
    const metrics = new PrometheusMetrics();
    metrics.count(facts({ model: 'a"b\\c\nd' }));
    expect(metrics.text().body).toContain('model="a\\"b\\\\c\\nd"');
  });

  it('counts runs, measures their time, and reads gauges', () => {
    let waiting = 3;
    const metrics = new PrometheusMetrics({ whylight_runs_waiting: { help: 'In line.', read: () => waiting } });
    expect(lines(metrics).filter((line) => line.startsWith('whylight_run_'))).toEqual([]);
    const run = { tenant: 'acme', model: 'm', method: 'rise', route: 'origin', code: '', queueMs: 40 };
    for (const samples of [40, 60]) metrics.ran({ ...run, ms: 250, samples });
    metrics.ran({ ...run, code: 'aborted', ms: 500, samples: 0 });
    const went = '{tenant="acme",model="m",method="rise",route="origin",code=""}';
    expect(lines(metrics)).toEqual(
      expect.arrayContaining([
        `whylight_runs_total${went} 2`,
        `whylight_run_samples_total${went} 100`,
        `whylight_run_seconds_total${went} 0.5`,
        'whylight_runs_total{tenant="acme",model="m",method="rise",route="origin",code="aborted"} 1',
        'whylight_run_seconds_bucket{model="m",method="rise",route="origin",le="0.25"} 2',
        'whylight_run_seconds_bucket{model="m",method="rise",route="origin",le="0.5"} 3',
        'whylight_run_seconds_sum{model="m",method="rise",route="origin"} 1',
        'whylight_run_queue_seconds_bucket{route="origin",le="0.025"} 0',
        'whylight_run_queue_seconds_bucket{route="origin",le="0.05"} 3',
        '# TYPE whylight_runs_waiting gauge',
        'whylight_runs_waiting 3',
      ]),
    );
    waiting = 0;
    expect(lines(metrics)).toContain('whylight_runs_waiting 0');
    for (let i = 0; i < 3000; i++) metrics.ran({ ...run, model: `m${i}`, ms: 1, samples: 1 });
    expect(lines(metrics).filter((line) => line.startsWith('whylight_runs_total')).length).toBe(2001);
  });

  it('limits the number of label combinations', () => {
    const metrics = new PrometheusMetrics();
    for (let i = 0; i < 3000; i++) metrics.count(facts({ model: `m${i}` }));
    expect(lines(metrics).filter((line) => line.startsWith('whylight_requests_total')).length).toBe(2001);
    expect(figureOf(metrics, 'whylight_requests_total{verb="",route="other"')).toBe(1000);
  });
});
