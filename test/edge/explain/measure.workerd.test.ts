import { describe, expect, it } from 'vitest';
import type { RequestFacts } from '../../../src/edge/observe/metrics.ts';
import { imageFiles } from '../../core/image/image-files.ts';
import { appWith, imageRequest, outputsOf, pixels, services, tensorRequest } from '../../support/app.ts';

const ask = appWith();
const EXPLAIN = '/v2/models/cifar10/explain';

describe('the parameter metrics', () => {
  it('adds one value for each row to new and cached answers', async () => {
    const request = () =>
      tensorRequest({ method: 'grad_cam', metrics: 'deletion, sparseness' }, pixels(3, 2), [2, 3, 32, 32]);
    const first = await ask(EXPLAIN, request());
    expect(first.status).toBe(200);
    const outputs = await outputsOf(first);
    expect(outputs['metric.deletion']).toMatchObject({ shape: [2], datatype: 'FP32' });
    for (const value of outputs['metric.sparseness']?.data ?? []) expect(Number(value)).toBeGreaterThan(0);
    const again = await ask(EXPLAIN, request());
    expect(again.headers.get('X-Whylight-Cache')).not.toBe('miss');
    expect((await outputsOf(again))['metric.deletion']).toEqual(outputs['metric.deletion']);
  });

  it('computes metrics once for each answer, unless the client sends no-cache', async () => {
    const counted: RequestFacts[] = [];
    const watched = appWith({ metrics: { count: (facts) => void counted.push(facts) } });
    const of = async (metrics: string, headers: Record<string, string> = {}) => {
      const request = tensorRequest({ method: 'saliency', metrics, seed: 77 }, pixels(9));
      const response = await watched(EXPLAIN, {
        ...request,
        headers: { 'Content-Type': 'application/json', ...headers },
      });
      const outputs = await outputsOf(response);
      return Object.keys(outputs).filter((name) => name.startsWith('metric.'));
    };
    expect(await of('deletion')).toEqual(['metric.deletion']);
    expect(await of('deletion')).toEqual(['metric.deletion']);
    expect(await of('insertion,deletion')).toEqual(['metric.insertion', 'metric.deletion']);
    expect(await of('deletion', { 'Cache-Control': 'no-cache' })).toEqual(['metric.deletion']);
    const [first, repeated, others, fresh] = counted.map(({ samples = 0 }) => samples) as [
      number,
      number,
      number,
      number,
    ];
    expect(first).toBeGreaterThan(1);
    expect(repeated).toBe(0);
    expect(others).toBeGreaterThan(1);
    expect(fresh).toBe(first);
  });

  it('reports metrics that do not apply', async () => {
    const response = await ask(`${EXPLAIN}?method=saliency&metrics=pointing_game`, imageRequest(imageFiles.jpeg));
    const { parameters } = (await response.clone().json()) as { parameters: Record<string, string> };
    expect(parameters.metrics_skipped).toMatch(/pointing_game needs a box/);
    expect(parameters.metrics_left_out).toBe(parameters.metrics_skipped);
    expect(await outputsOf(response)).not.toHaveProperty('metric.pointing_game');
  });

  it('refuses unknown metrics, metrics beyond the sample limit, and metrics with PNG', async () => {
    const of = (metrics: string, accept?: string) =>
      ask(`${EXPLAIN}?method=saliency&metrics=${metrics}`, imageRequest(imageFiles.jpeg, accept));
    const unknown = await of('deletions');
    expect(unknown.status).toBe(400);
    expect(await unknown.json()).toMatchObject({ detail: expect.stringContaining('Did you mean deletion') });
    expect((await of('deletion', 'image/png')).status).toBe(406);
    const tight = appWith({ limits: { ...services.limits, maxSamples: 5 } });
    const costly = await tight(`${EXPLAIN}?method=saliency&metrics=deletion`, imageRequest(imageFiles.jpeg));
    expect(await costly.json()).toMatchObject({ code: 'budget_exceeded' });
  });
});

describe('parameters of metrics', () => {
  const of = (parameters: object) =>
    ask(EXPLAIN, tensorRequest({ method: 'saliency', target: 3, metrics: 'random_logit', ...parameters }, pixels(5)));

  it('have the name of their metric in front, and are part of the cache key', async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(async (index) => outputsOf(await of({ 'random_logit.other_class': index }))),
    );
    expect(one?.['metric.random_logit']?.data).not.toEqual(other?.['metric.random_logit']?.data);
  });

  it('are refused where the metric does not know them', async () => {
    const response = await of({ 'random_logit.other': 1 });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('other_class') });
  });
});

describe('method=auto', () => {
  it('answers like the method that it resolves to, names it, and shares its cache entry', async () => {
    const named = await ask(EXPLAIN, tensorRequest({ method: 'grad_cam' }, pixels(11)));
    const request = tensorRequest({}, pixels(11));
    for (const auto of [await ask(EXPLAIN, request), await ask(`${EXPLAIN}?method=auto`, request)]) {
      expect(auto.status).toBe(200);
      expect(auto.headers.get('X-Whylight-Cache')).not.toBe('miss');
      const { parameters } = (await auto.clone().json()) as { parameters: Record<string, string> };
      expect(parameters).toMatchObject({ method: 'grad_cam', method_reason: expect.stringContaining('spatial layer') });
      expect(await outputsOf(auto)).toEqual(await outputsOf(named.clone()));
    }
  });
});
