import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { serve } from '../../src/node/serve.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

interface Received {
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A receiver of OTLP over HTTP, as JSON. */
async function receiver() {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    received.push({
      path: request.url ?? '',
      body: JSON.parse(Buffer.concat(parts).toString()),
      headers: request.headers,
    });
    response.setHeader('Content-Type', 'application/json').end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received, close: () => server.close() };
}

/** Every object with this name below a value. */
function namedBelow(value: unknown, name: string): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.values(value).flatMap((one) => namedBelow(one, name));
  return (value as { name?: unknown }).name === name ? [value as Record<string, unknown>, ...inside] : inside;
}

const attributesOf = (span: Record<string, unknown> | undefined) =>
  Object.fromEntries(
    ((span?.attributes ?? []) as { key: string; value: Record<string, unknown> }[]).map(({ key, value }) => [
      key,
      Object.values(value)[0],
    ]),
  );

const pixels = Array.from({ length: 3072 }, (_, i) => Math.sin(i * 0.03));
const body = JSON.stringify({ inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: pixels }] });
const base = {
  models: { cifar10: 'models/cifar10' },
  provider: 'cpu',
  threads: 1,
  runs: 1,
  waiting: 1,
  delay: 0,
  host: '127.0.0.1',
  port: 0,
  log: () => undefined,
};

afterEach(() => vi.unstubAllEnvs());

describe('the export of spans and metrics by OTLP', () => {
  it('sends a span for the request and one for its run, in the trace of the caller, and metrics of both', async () => {
    const collector = await receiver();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-collector-key=abc');
    const serving = await serve({ ...base, env: { ...process.env, OTEL_SERVICE_NAME: 'origin-1' } });
    const response = await fetch(`${serving.url}/v2/models/cifar10/explain?method=saliency`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', traceparent: `00-${TRACE}-${CALLER}-01` },
      body,
    });
    expect(response.status).toBe(200);
    const [, , spanId] = (response.headers.get('traceparent') ?? '').split('-');
    await serving.stop();
    collector.close();

    const traces = collector.received.filter(({ path }) => path === '/v1/traces');
    expect(traces[0]?.headers['x-collector-key']).toBe('abc');
    expect(JSON.stringify(traces)).toContain('origin-1');
    const [request] = namedBelow(traces, 'POST /v2/models/:model/explain');
    expect(request).toMatchObject({ traceId: TRACE, spanId, parentSpanId: CALLER, kind: 2 });
    expect(attributesOf(request)).toMatchObject({ 'http.response.status_code': 200, model: 'cifar10', tenant: '*' });
    const [run] = namedBelow(traces, 'run saliency');
    expect(run).toMatchObject({ traceId: TRACE, parentSpanId: spanId, kind: 1 });
    expect(attributesOf(run)).toMatchObject({ rows: 1, end: 'finished', method: 'saliency' });

    const metrics = collector.received.filter(({ path }) => path === '/v1/metrics');
    for (const name of ['whylight.requests', 'whylight.runs', 'whylight.run.duration', 'whylight.memory.bytes']) {
      expect(namedBelow(metrics, name), name).not.toEqual([]);
    }
    // Neither pixels nor query nor path names leave.
    expect(JSON.stringify(collector.received)).not.toMatch(/0\.0299|method=saliency|models\/cifar10/);
  });

  it('marks the span of a request that failed with its code', async () => {
    const collector = await receiver();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
    const serving = await serve({ ...base, env: process.env });
    const response = await fetch(`${serving.url}/v2/models/cifar10/explain?method=unknown`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
    expect(response.status).toBe(404);
    await serving.stop();
    collector.close();
    const [request] = namedBelow(collector.received, 'POST /v2/models/:model/explain');
    expect(request?.status).toEqual({ code: 2, message: 'method_not_found' });
  });

  it('exports nothing unless the environment asks for it', async () => {
    const collector = await receiver();
    const serving = await serve({ ...base, models: {}, env: {} });
    await fetch(`${serving.url}/v2/health/live`);
    await serving.stop();
    collector.close();
    expect(collector.received).toEqual([]);
  });
});
