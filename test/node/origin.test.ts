import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tenants } from '#plugins';
import type { TenantConfig } from '../../src/config/tenant-policy.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { createApp } from '../../src/edge/app.ts';
import type { Limits } from '../../src/edge/limits.ts';
import { OriginClient } from '../../src/edge/origin/origin-client.ts';
import { decodeOriginRequest } from '../../src/edge/origin/origin-request.ts';
import { OriginRunner } from '../../src/edge/origin/origin-runner.ts';
import { sign } from '../../src/edge/origin/signature.ts';
import type { Services } from '../../src/edge/services.ts';
import { TenantDirectory } from '../../src/edge/tenants/directory.ts';
import { JwtVerifier } from '../../src/edge/tenants/jwt.ts';
import { Tenants } from '../../src/edge/tenants/tenants.ts';
import { originServices } from '../../src/node/origin-services.ts';
import { type Serving, serve } from '../../src/node/serve.ts';
import { encodeFrame, FRAME, FRAMES_TYPE } from '../../src/protocol/frames.ts';
import { pack } from '../../src/protocol/packed.ts';
import { ORIGIN } from '../support/origin-settings.ts';

const secret = 'a secret that has more than 32 characters';
const quiet = () => undefined;
/** The embedded model, said to take 100 ms a row: what is heavy is then decided by figures, not by this machine. */
const slow = mkdtempSync(join(tmpdir(), 'whylight-slow-'));
cpSync('models/cifar10', slow, { recursive: true });
const manifest = JSON.parse(readFileSync(join(slow, 'manifest.json'), 'utf8'));
const profile = { 'onnxruntime-node': { forward_ms: 100, backward_ms: 100 } };
writeFileSync(join(slow, 'manifest.json'), JSON.stringify({ ...manifest, profile }));

const shared = { ...ORIGIN, models: { cifar10: 'models/cifar10' }, log: quiet };

let origin: Serving;
beforeAll(async () => {
  origin = await serve({ ...shared, secret, host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await origin.stop();
  rmSync(slow, { recursive: true });
});

/** An edge that may compute for 20 s. */
async function edge(
  replaced: Partial<Services> = {},
  limits: Partial<Limits> = {},
  urls = [origin.url],
  silence = 20_000,
) {
  const { services } = await originServices({ ...shared, models: { cifar10: slow } });
  const origins = new OriginClient({ urls, secret, silence, breaker: { failures: 2, pause: 100 } });
  const app = createApp({
    ...services,
    limits: { ...services.limits, edgeMs: 20_000, edgeBytes: 96 * 2 ** 20, ...limits },
    origin: new OriginRunner(origins, silence),
    ...replaced,
  });
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  const ask = async (query: string, operation = 'explain', headers: Readonly<Record<string, string>> = {}) => {
    const response = await app.fetch(
      new Request(`http://edge.test/v2/models/cifar10/${operation}?${query}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify({
          inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: pixels }],
        }),
      }),
      {},
      context,
    );
    return { response, body: (await response.json()) as Record<string, unknown> };
  };
  return { ask, origins };
}

const pixels = Array.from({ length: 3072 }, (_, i) => Math.sin(i * 0.03));
const attribution = (body: Record<string, unknown>): number[] =>
  (body.outputs as { name: string; data: number[] }[]).find(({ name }) => name === 'attribution' || name === 'input')
    ?.data as number[];

const HEAVY = 'method=rise&n_masks=400&seed=3';

describe('an edge with an origin', () => {
  it('runs a light request at the edge', async () => {
    const { response } = await (await edge()).ask('method=saliency');
    expect(response.status).toBe(200);
    expect(response.headers.get('X-Whylight-Route')).toBe('edge');
  });

  it('sends a heavy request to the origin, with the same result as at the edge', async () => {
    const { ask } = await edge();
    const there = await ask(HEAVY);
    expect(there.response.status).toBe(200);
    expect(there.response.headers.get('X-Whylight-Route')).toBe('origin');
    expect(there.response.headers.get('X-Whylight-Route-Reason')).toMatch(/takes about 40 s .* the edge may take 20 s/);
    const here = await (await edge({}, { edgeMs: 1e6 })).ask(HEAVY);
    expect(here.response.headers.get('X-Whylight-Route')).toBe('edge');
    const [a, b] = [attribution(there.body), attribution(here.body)];
    expect(a).toHaveLength(b.length);
    const scale = Math.max(...b.map(Math.abs));
    for (const [i, value] of b.entries()) expect(Math.abs((a[i] as number) - value) / scale).toBeLessThan(1e-4);
  });

  it('passes on the error of the origin for an invalid request', async () => {
    const { ask, origins } = await edge();
    const { response, body } = await ask('method=rise&n_masks=400&target=99');
    expect([response.status, body.code]).toEqual([404, 'label_not_found']);
    expect(origins.states[0]?.state).toBe('closed');
  });

  it('follows the requested route, and suggests parameters that fit', async () => {
    const { ask } = await edge();
    expect((await ask('method=saliency&route=origin')).response.headers.get('X-Whylight-Route')).toBe('origin');
    const { response, body } = await ask(`${HEAVY}&route=edge`);
    expect([response.status, body.code]).toEqual([422, 'budget_exceeded']);
    const { fits } = body as { fits: { n_masks: number } };
    expect(fits.n_masks).toBeGreaterThan(1);
    expect((await ask(`method=rise&n_masks=${fits.n_masks + 1}&route=edge`)).response.status).toBe(422);
    expect((await ask(`method=rise&n_masks=${fits.n_masks}&route=edge`)).response.status).toBe(200);
  });
});

/** The tenant without a key, with other rights. */
const anonymous = (config: Partial<TenantConfig>): Pick<Services, 'tenants'> => ({
  tenants: new TenantDirectory({
    tenants: new Tenants({ base: { ...tenants, '*': { ...(tenants['*'] as TenantConfig), ...config } }, log: quiet }),
    tokens: new JwtVerifier(),
    log: quiet,
  }),
});

describe('the estimate of an edge with an origin', () => {
  it.each<[string, string, Partial<Services>, Partial<Limits>]>([
    ['a light request', 'method=saliency', {}, {}],
    ['a heavy request', HEAVY, {}, {}],
    ['a heavy request for the edge', `${HEAVY}&route=edge`, {}, {}],
    ['more samples than the edge allows', 'method=rise&n_masks=100', {}, { maxSamples: 50 }],
    ['more samples than the edge allows, for the edge', 'method=rise&n_masks=100&route=edge', {}, { maxSamples: 50 }],
    ['more samples than the tenant allows', 'method=rise&n_masks=100', anonymous({ limits: { samples: 40 } }), {}],
    ['a deadline that no route meets', `${HEAVY}&deadline_ms=300&route=origin`, {}, {}],
    ['a tenant without the origin route', HEAVY, anonymous({ routes: ['edge'] }), {}],
    [
      'a tenant with a minimum',
      HEAVY,
      anonymous({ routes: ['edge'], parameters: { rise: { limits: { n_masks: { min: 300 } } } } }),
      {},
    ],
  ])('predicts route and errors of the run: %s', async (_, query, replaced, limits) => {
    const { ask } = await edge(replaced, limits);
    const { body: said } = await ask(query, 'explain/estimate');
    const { response, body } = await ask(query);
    const fits = (said.fits ?? {}) as Record<string, number>;
    if (response.status === 200) {
      expect(said).toMatchObject({
        route: response.headers.get('X-Whylight-Route'),
        reason: response.headers.get('X-Whylight-Route-Reason'),
      });
      expect(said.fits).toBeUndefined();
      return;
    }
    expect([response.status, body.code, said.route]).toEqual([422, 'budget_exceeded', 'none']);
    expect(body.detail).toContain(said.reason);
    expect(body.fits).toEqual(fits);
    for (const [name, value] of Object.entries(fits)) {
      const other = (n: number) => query.replace(new RegExp(`&${name}=\\d+|$`), '').concat(`&${name}=${n}`);
      expect((await ask(other(value + 1))).response.status).toBe(422);
      expect((await ask(other(value))).response.status).toBe(200);
    }
  });

  it('suggests the largest parameters that run', async () => {
    const fitsOf = async (query: string, replaced: Partial<Services>, limits: Partial<Limits> = {}) =>
      (await (await edge(replaced, limits)).ask(query)).body.fits;
    expect(await fitsOf('method=rise&n_masks=100', anonymous({ limits: { samples: 40 } }))).toEqual({ n_masks: 40 });
    expect(await fitsOf('method=rise&n_masks=100&route=edge', {}, { maxSamples: 50 })).toEqual({ n_masks: 50 });
    const least = anonymous({ routes: ['edge'], parameters: { rise: { limits: { n_masks: { min: 300 } } } } });
    expect(await fitsOf(HEAVY, least)).toEqual({});
  });

  it('is corrected by the measured time of origin runs', async () => {
    const { ask } = await edge();
    const late = 'method=rise&n_masks=40&route=origin&deadline_ms=3000';
    const [before] = [await ask(late, 'explain/estimate')];
    // The manifest says 100 ms a row, which is far more than this machine takes.
    expect(before.body.route).toBe('none');
    for (let seed = 0; seed < 12; seed++) {
      expect((await ask(`method=rise&n_masks=40&route=origin&seed=${seed}`)).response.status).toBe(200);
    }
    expect((await ask(late, 'explain/estimate')).body.route).toBe('origin');
  });
});

describe('POST /origin/explain', () => {
  const path = '/origin/explain';
  const post = (headers: Record<string, string>, body = new Uint8Array(4)) =>
    fetch(`${origin.url}${path}`, { method: 'POST', body, headers });

  it('refuses a request without a valid, recent signature', async () => {
    const body = new Uint8Array(4);
    expect((await post({})).status).toBe(401);
    expect((await post(await sign('x'.repeat(40), { method: 'POST', path, body }))).status).toBe(401);
    const old = await sign(secret, { method: 'POST', path, body }, Date.now() - 120_000);
    expect((await post(old)).status).toBe(401);
  });

  it('refuses by the headers alone, without waiting for the body', async () => {
    const { hostname, port } = new URL(origin.url);
    const unsigned = connect(Number(port), hostname);
    unsigned.write(`POST ${path} HTTP/1.1\r\nHost: origin\r\nContent-Length: 60000000\r\n\r\n`);
    const [answer] = (await once(unsigned, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 401 /);
    unsigned.destroy();
  });

  it('refuses a request that was modified or replayed', async () => {
    const request = { method: 'POST', path, body: new Uint8Array(4) };
    expect((await post(await sign(secret, request), new Uint8Array(5))).status).toBe(401);
    const signed = await sign(secret, request);
    // Signed as it should be, but no question.
    expect((await post(signed)).status).toBe(400);
    expect((await post(signed)).status).toBe(401);
  });
});

it('an origin reports running, waiting and finished runs of edges in its metrics', async () => {
  const own = await serve({ ...shared, secret, host: '127.0.0.1', port: 0 });
  const { ask } = await edge({}, {}, [own.url], 30_000);
  const figures = async () => (await (await fetch(`${own.url}/metrics`)).text()).split('\n');
  expect(await figures()).toEqual(expect.arrayContaining(['whylight_runs_running 0', 'whylight_runs_waiting 0']));
  const asked = Promise.all([1, 2, 3].map((seed) => ask(`method=rise&n_masks=2000&route=origin&seed=${seed}`)));
  // Two at once, as `runs` says.
  await vi.waitUntil(async () => (await figures()).includes('whylight_runs_running 2'), { timeout: 20_000 });
  expect(await figures()).toContain('whylight_runs_waiting 1');
  expect((await asked).map(({ response }) => response.status)).toEqual([200, 200, 200]);
  const after = await figures();
  const went = '{tenant="*",model="cifar10",method="rise",route="origin",code=""}';
  expect(after).toContain(`whylight_runs_total${went} 3`);
  expect(after).toContain(`whylight_run_samples_total${went} 6003`);
  expect(after).toContain('whylight_runs_running 0');
  await own.stop();
});

it('a stopping origin is not ready, refuses new runs and finishes the current ones', async () => {
  const ending = await serve({ ...shared, secret, host: '127.0.0.1', port: 0 });
  const { ask, origins } = await edge({}, {}, [ending.url], 30_000);
  const ready = async () => (await fetch(`${ending.url}/v2/health/ready`)).status;
  expect(await ready()).toBe(200);
  const asked = ask('method=rise&n_masks=2000&route=origin');
  await vi.waitUntil(() => origins.states[0]?.busy === 1);
  await new Promise((later) => setTimeout(later, 100));
  const stopped = ending.stop();
  expect(await ready()).toBe(503);
  const { response, body } = await ask('method=rise&n_masks=40&route=origin');
  expect([response.status, body.code, response.headers.get('Retry-After')]).toEqual([503, 'origin_unavailable', '1']);
  expect((await asked).response.status).toBe(200);
  await stopped;
});

it('a stopping origin aborts runs that exceed its grace period', async () => {
  const ending = await serve({ ...shared, secret, host: '127.0.0.1', port: 0 });
  const { ask, origins } = await edge({}, { maxSamples: 100_000 }, [ending.url]);
  const asked = ask('method=rise&n_masks=100000&route=origin');
  while (origins.states[0]?.busy === 0) await new Promise((later) => setTimeout(later, 20));
  await new Promise((later) => setTimeout(later, 200));
  await ending.stop(100);
  const { response, body } = await asked;
  expect([response.status, body.code]).toEqual([503, 'origin_unavailable']);
});

describe('an edge whose origin fails', () => {
  /** A server that treats the first requests in its own way and is `origin` for the rest. */
  async function between(
    faults: ((request: Request) => Promise<Response> | Response | undefined)[],
  ): Promise<{ url: string; close(): void; seen: () => number }> {
    let seen = 0;
    const server: Server = createServer(async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const headers = Object.fromEntries(
        Object.entries(incoming.headers).filter(([name]) => name !== 'host' && name !== 'connection'),
      ) as Record<string, string>;
      const request = new Request(`${origin.url}${incoming.url}`, {
        method: incoming.method ?? 'GET',
        headers,
        ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
      });
      const fault = incoming.method === 'POST' ? faults[seen++] : undefined;
      const answer = await (fault ? fault(request) : fetch(request));
      if (!answer) return void incoming.socket.destroy();
      outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
      if (!answer.body) return void outgoing.end();
      try {
        await pipeline(Readable.fromWeb(answer.body as never), outgoing);
      } catch {
        incoming.socket.destroy();
      }
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      close: () => {
        server.closeAllConnections();
        server.close();
      },
      seen: () => seen,
    };
  }
  const reset = () => undefined;
  const busy = () => new Response('{}', { status: 503, headers: { 'Retry-After': '1' } });
  const stall = () => new Promise<Response>(() => undefined);
  /** Passes the beginning of the answer on, then breaks off. */
  const cut = async (request: Request) => {
    const { body, headers } = await fetch(request);
    const whole = new Uint8Array(await new Response(body).arrayBuffer());
    return new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(whole.subarray(0, whole.length / 2));
          controller.error(new Error('cut'));
        },
      }),
      { headers },
    );
  };

  it.each([
    ['resets the connection', reset],
    ['is overloaded', busy],
    ['is cut off', cut],
  ])('retries once when the origin %s', async (_, fault) => {
    const proxy = await between([fault]);
    const { ask } = await edge({}, {}, [proxy.url]);
    expect((await ask(HEAVY)).response.status).toBe(200);
    expect(proxy.seen()).toBe(2);
    proxy.close();
  });

  it('does not repeat progress and partial results when it retries', async () => {
    const progress = (done: number) => encodeFrame(FRAME.progress, pack({ done, total: 400 }));
    const partial = (samples: number) => encodeFrame(FRAME.partial, pack({ row: 0, explained: { samples } }));
    const answer = (frames: Uint8Array[]) => () =>
      new Response(new Blob(frames as Uint8Array<ArrayBuffer>[]), { headers: { 'Content-Type': FRAMES_TYPE } });
    const proxy = await between([
      answer([progress(100), partial(100), progress(200), partial(200)]),
      answer([
        ...[progress(100), partial(100), progress(200), progress(300), partial(300)],
        encodeFrame(FRAME.result, pack({ method: 'rise' })),
      ]),
    ]);
    const { services } = await originServices({ ...shared, models: { cifar10: slow } });
    const { model } = await services.models.trusted('cifar10', () => undefined);
    const { tenant: rights } = await services.tenants.find(undefined, () => undefined);
    const told: string[] = [];
    const request = { method: 'rise', inputs: { input: float32([1, 3, 32, 32], Float32Array.from(pixels)) } };
    const runner = new OriginRunner(new OriginClient({ urls: [proxy.url], secret }));
    const result = await runner.explain(model, request, {
      rights,
      progress: (done) => void told.push(`progress ${done}`),
      partial: (_, explained) => void told.push(`partial ${(explained as unknown as { samples: number }).samples}`),
    });
    expect(result).toEqual({ method: 'rise' });
    expect(proxy.seen()).toBe(2);
    expect(told).toEqual(['progress 100', 'partial 100', 'progress 200', 'partial 200', 'progress 300', 'partial 300']);
    proxy.close();
  });

  it('gives the retry only the time that is left', async () => {
    const left: (number | undefined)[] = [];
    const note = async (request: Request) => {
      left.push(decodeOriginRequest(new Uint8Array(await request.clone().arrayBuffer())).deadline);
    };
    const proxy = await between([
      async (request) => {
        await note(request);
        await new Promise((later) => setTimeout(later, 300));
        return busy();
      },
      async (request) => {
        await note(request);
        return fetch(request);
      },
    ]);
    const { ask } = await edge({}, {}, [proxy.url]);
    expect((await ask(`${HEAVY}&deadline_ms=60000`)).response.status).toBe(200);
    const [first, second] = left as [number, number];
    expect(first).toBeLessThanOrEqual(60_000);
    expect(second).toBeLessThanOrEqual(first - 299);
    proxy.close();
  });

  it('marks an answer with lowered parameters as degraded, and does not cache it', async () => {
    const proxy = await between([reset, reset]);
    const { ask } = await edge(anonymous({ degrade: true }), {}, [proxy.url]);
    const { response, body } = await ask(HEAVY);
    expect(response.status).toBe(200);
    expect(response.headers.get('X-Whylight-Route-Reason')).toMatch(
      /no origin is healthy, so n_masks was lowered to \d+/,
    );
    expect(body.parameters).toMatchObject({ degraded: true, requested_n_masks: 400, asked_n_masks: 400 });
    expect(response.headers.get('ETag')).toBeNull();
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    const again = await ask(HEAVY);
    expect(again.response.headers.get('X-Whylight-Cache')).toBe('miss');
    proxy.close();
  });

  it('falls back to another origin', async () => {
    const proxy = await between([reset, reset, reset]);
    const { ask, origins } = await edge({}, {}, [proxy.url, origin.url]);
    for (let i = 0; i < 3; i++) expect((await ask(`${HEAVY}2${i}`)).response.status).toBe(200);
    expect(origins.states[0]?.state).not.toBe('closed');
    proxy.close();
  });

  it('chooses the least busy origin', async () => {
    let finish = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const held = async (request: Request) => {
      await over;
      return fetch(request);
    };
    const [first, second] = [await between([held]), await between([])];
    const { ask } = await edge({}, {}, [first.url, second.url], 30_000);
    const slow = ask(HEAVY);
    await vi.waitUntil(() => first.seen() === 1);
    for (const seed of [11, 12]) expect((await ask(`${HEAVY}${seed}`)).response.status).toBe(200);
    expect([first.seen(), second.seen()]).toEqual([1, 2]);
    finish();
    expect((await slow).response.status).toBe(200);
    // Nobody is busy now.
    expect((await ask(`${HEAVY}13`)).response.status).toBe(200);
    expect([first.seen(), second.seen()]).toEqual([2, 2]);
    for (const proxy of [first, second]) proxy.close();
  });

  it('continues the trace of the client', async () => {
    const traces: (string | null)[] = [];
    const note = (request: Request) => {
      traces.push(request.headers.get('traceparent'), request.headers.get('tracestate'));
      return fetch(request);
    };
    const proxy = await between([note]);
    const { ask } = await edge({}, {}, [proxy.url]);
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const { response } = await ask(HEAVY, 'explain', {
      traceparent: `00-${trace}-00f067aa0ba902b7-01`,
      tracestate: 'vendor=1',
    });
    expect(response.status).toBe(200);
    // The origin is called by the edge's part of the trace, not by the client's.
    const ours = response.headers.get('traceparent');
    expect(ours).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    expect(ours).not.toContain('00f067aa0ba902b7');
    expect(traces).toEqual([ours, 'vendor=1']);
    proxy.close();
  });

  it('tries twice, opens the breaker, and closes it when the origin responds again', async () => {
    const proxy = await between([reset, reset]);
    const { ask, origins } = await edge({}, {}, [proxy.url]);
    const { response, body } = await ask(HEAVY);
    expect([response.status, body.code]).toEqual([503, 'origin_unavailable']);
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThanOrEqual(1);
    expect(origins.states[0]?.state).toBe('open');
    const meanwhile = await ask(HEAVY);
    expect([meanwhile.response.status, meanwhile.response.headers.get('Retry-After')]).toEqual([503, '1']);
    expect(proxy.seen()).toBe(2);
    await new Promise((later) => setTimeout(later, 120));
    expect((await ask(HEAVY)).response.status).toBe(200);
    expect(origins.states[0]?.state).toBe('closed');
    proxy.close();
  });

  it('keeps the breaker closed when an origin is overloaded', async () => {
    const proxy = await between([busy, busy, busy, busy]);
    const { ask, origins } = await edge({}, {}, [proxy.url]);
    for (let i = 0; i < 2; i++) {
      const { response, body } = await ask(HEAVY);
      expect([response.status, body.code]).toEqual([503, 'origin_unavailable']);
      expect(response.headers.get('Retry-After')).toBe('1');
    }
    expect(origins.states[0]?.state).toBe('closed');
    expect((await ask(HEAVY)).response.status).toBe(200);
    proxy.close();
  });

  it('keeps using an origin that refuses a model with another digest', async () => {
    const { ask, origins } = await edge();
    const { services } = await originServices({ ...shared, models: { cifar10: slow } });
    const { model } = await services.models.trusted('cifar10', () => undefined);
    const other = Object.assign(Object.create(Object.getPrototypeOf(model)), model, { digest: '0'.repeat(64) });
    const runner = new OriginRunner(origins);
    const asked = runner.explain(
      other,
      { method: 'saliency', inputs: {} },
      { rights: { methods: '*', parameters: {} } },
    );
    await expect(asked).rejects.toMatchObject({ code: 'origin_error', details: { status: 409 } });
    expect(origins.states[0]?.state).toBe('closed');
    expect((await ask(HEAVY)).response.status).toBe(200);
  });

  it('answers origin_timeout when the origin does not respond', async () => {
    const proxy = await between([stall, stall]);
    const { ask } = await edge({}, {}, [proxy.url], 1000);
    const { response, body } = await ask(HEAVY);
    expect([response.status, body.code]).toEqual([504, 'origin_timeout']);
    expect(proxy.seen()).toBe(1);
    proxy.close();
  });
});
