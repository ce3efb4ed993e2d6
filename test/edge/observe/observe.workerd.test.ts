import { describe, expect, it } from 'vitest';
import type { RequestFacts } from '../../../src/edge/observe/metrics.ts';
import type { Services } from '../../../src/edge/services.ts';
import { PrometheusMetrics } from '../../../src/node/prometheus.ts';
import { appWith, bindings, services, tensorRequest } from '../../support/app.ts';

function watched(replaced: Partial<Services> = {}) {
  const lines: Record<string, unknown>[] = [];
  const counted: RequestFacts[] = [];
  const ask = appWith({
    log: (level, message, facts) => void lines.push({ level, message, ...facts }),
    metrics: { count: (facts) => void counted.push(facts) },
    ...replaced,
  });
  return { ask, lines, counted };
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('the record of a request', () => {
  it('is one log line with request id and trace id, and one count; its run has another line', async () => {
    const { ask, lines, counted } = watched();
    const response = await ask('/v2/models/cifar10/explain?seed=3', {
      ...tensorRequest({ method: 'saliency' }),
      headers: {
        'Content-Type': 'application/json',
        'Cache-Control': 'no-store',
        'X-Request-Id': 'r-1',
        traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
      },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('X-Request-Id')).toBe('r-1');
    const [, traceId, spanId, flags] = (response.headers.get('traceparent') ?? '').split('-');
    expect([traceId, flags]).toEqual([TRACE, '01']);
    const facts = {
      verb: 'POST',
      route: '/v2/models/:model/explain',
      status: 200,
      tenant: '*',
      model: 'cifar10',
      method: 'saliency',
      cache: 'bypass',
      samples: 1,
    };
    expect(counted).toEqual([{ ...facts, samples: expect.any(Number), code: '', ms: expect.any(Number) }]);
    expect(counted[0]?.samples).toBeGreaterThan(0);
    expect(lines.map(({ message }) => message)).toEqual(['run', 'request']);
    expect(lines[0]).toMatchObject({
      request_id: 'r-1',
      trace_id: TRACE,
      tenant: '*',
      model: 'cifar10',
      method: 'saliency',
      route: 'edge',
      rows: 1,
      end: 'finished',
      queue_ms: 0,
      engine_ms: expect.any(Number),
      total_ms: expect.any(Number),
    });
    expect(lines[1]).toMatchObject({
      level: 'info',
      message: 'request',
      request_id: 'r-1',
      trace_id: TRACE,
      span_id: spanId,
      parent_id: '00f067aa0ba902b7',
      model: 'cifar10',
    });
  });

  it('contains nothing that identifies the client or its input', async () => {
    const { ask, lines, counted } = watched();
    await ask('/v2/models/some-person/explain?method=saliency&target=some-label', {
      method: 'POST',
      headers: { 'CF-Connecting-IP': '203.0.113.9', 'X-Api-Key': 'whylight-demo', 'User-Agent': 'some-agent' },
    });
    await ask('/some/path/of/somebody');
    const left = JSON.stringify([lines, counted]);
    for (const secret of ['some-', 'somebody', '203.0.113.9', 'whylight-demo']) expect(left).not.toContain(secret);
    expect(counted.map(({ route, status, code, tenant }) => [route, status, code, tenant])).toEqual([
      ['/v2/models/:model/explain', 404, 'model_not_found', 'demo'],
      ['none', 404, '', ''],
    ]);
  });

  it('does not fail the request when counting fails', async () => {
    const { ask, lines } = watched({
      metrics: {
        count: () => {
          throw new Error('no dataset');
        },
      },
    });
    expect((await ask('/v2')).status).toBe(200);
    expect(lines.map(({ level }) => level)).toContain('warn');
  });

  it('is accepted by Analytics Engine', () => {
    expect(bindings.METRICS).toBeDefined();
    expect(() => services.metrics?.count({ ...({} as RequestFacts), tenant: 'x' })).not.toThrow();
  });
});

describe('GET /metrics', () => {
  it('exists only where metrics can be read back', async () => {
    const ask = appWith({ metrics: new PrometheusMetrics() });
    await ask('/v2');
    const response = await ask('/metrics');
    expect(response.headers.get('Content-Type')).toContain('version=0.0.4');
    expect(await response.text()).toMatch(/whylight_requests_total\{verb="GET",route="\/v2",status="200"[^}]*\} 1/);
    expect((await appWith()('/metrics')).status).toBe(404);
  });
});

describe('GET /v2/health/ready', () => {
  it('answers not ready when the engine fails, with the reason in the log only', async () => {
    const explainer = { engine: { name: 'broken', load: () => Promise.reject(new Error('out of memory')) } };
    const { ask, lines } = watched({ explainer: explainer as unknown as Services['explainer'] });
    const response = await ask('/v2/health/ready');
    expect([response.status, await response.json()]).toEqual([
      503,
      { ready: false, checks: { models: 'ok', engine: 'failed', cache: 'ok' } },
    ]);
    expect(lines).toContainEqual(expect.objectContaining({ part: 'engine', reason: 'out of memory' }));
  });

  it('reports a failing cache and stays ready', async () => {
    const cache = { get: () => Promise.reject(new Error('down')), put: async () => {} };
    const { ask } = watched({ cache });
    const response = await ask('/v2/health/ready');
    expect([response.status, await response.json()]).toMatchObject([200, { checks: { cache: 'failed' } }]);
  });
});
