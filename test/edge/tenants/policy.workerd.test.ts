/** Tests of a tenant's policy on its requests. */
import { describe, expect, it } from 'vitest';
import type { ImageCodecs } from '../../../src/core/image/codecs/codecs.ts';
import { coloTier } from '../../../src/edge/cache/colo.ts';
import { kvTier } from '../../../src/edge/cache/kv.ts';
import { tieredCache } from '../../../src/edge/cache/tiers.ts';
import { imageFiles } from '../../core/image/image-files.ts';
import { bindings, outputsOf, pixels, services, tensorRequest } from '../../support/app.ts';
import { keyOf, request, tenantApp } from '../../support/tenants.ts';

const EXPLAIN = '/v2/models/cifar10/explain';
const jsonOf = async (response: Response) => (await response.json()) as Record<string, unknown>;

/** An app with one tenant of this policy, and requests with its key. */
async function tenantWith(policy: object, options: Parameters<typeof tenantApp>[1] = {}) {
  const app = tenantApp({ one: { ...policy, keys: [await keyOf('one'), await keyOf('admin', ['admin'])] } }, options);
  const send = (path: string, init: RequestInit, headers = {}) =>
    app(path, { ...init, headers: { 'X-Api-Key': 'one', ...(init.headers as Record<string, string>), ...headers } });
  const explain = (parameters: object, headers = {}, data = pixels(60)) =>
    send(EXPLAIN, tensorRequest(parameters, data), headers);
  // Never from the cache: an answer that is known needs no decoding, whatever the limit.
  const sendImage = (bytes: Uint8Array, headers = {}) =>
    send(
      `${EXPLAIN}?method=saliency`,
      {
        method: 'POST',
        body: bytes as Uint8Array<ArrayBuffer>,
        headers: { 'Content-Type': 'image/jpeg', 'Cache-Control': 'no-store' },
      },
      headers,
    );
  return { app, send, explain, sendImage };
}

describe('scopes', () => {
  it('of a key decide which routes it may use', async () => {
    const app = tenantApp({
      one: { keys: [await keyOf('p', ['predict']), await keyOf('e', ['explain']), await keyOf('a', ['admin'])] },
    });
    const status = async (key: string, path: string, init: RequestInit) =>
      (await app(path, { ...init, headers: { ...init.headers, 'X-Api-Key': key } as HeadersInit })).status;
    const table: [string, RequestInit, Record<string, number>][] = [
      ['/v2/models/cifar10/infer', tensorRequest({}), { p: 200, e: 403, a: 403 }],
      [EXPLAIN, tensorRequest({ method: 'saliency' }), { p: 403, e: 200, a: 403 }],
      ['/v2/models/cifar10', {}, { p: 200, e: 200, a: 200 }],
      ['/admin/tenants/one', {}, { p: 403, e: 403, a: 200 }],
    ];
    for (const [path, init, expected] of table) {
      for (const [key, wanted] of Object.entries(expected)) {
        expect([path, key, await status(key, path, init)]).toEqual([path, key, wanted]);
      }
    }
  });

  it('of anonymous requests come from the tenant "*", without which they are refused with 401', async () => {
    const open = tenantApp({ '*': { scopes: ['predict'] } });
    expect((await open('/v2/models/cifar10/infer', tensorRequest({}))).status).toBe(200);
    expect((await open(EXPLAIN, tensorRequest({ method: 'saliency' }))).status).toBe(403);
    expect((await tenantApp({})('/v2/models')).status).toBe(401);
  });
});

describe('parameters of a tenant', () => {
  it('have its defaults, pinned values and limits', async () => {
    const { explain, send } = await tenantWith({
      parameters: {
        integrated_gradients: { defaults: { n_steps: 7 }, limits: { n_steps: { min: 5, max: 9 } } },
        saliency: { pinned: { absolute: false } },
      },
    });
    const steps = async (params: object) => {
      const { parameters, detail } = await jsonOf(await explain({ method: 'integrated_gradients', ...params }));
      return (parameters as { n_steps?: number } | undefined)?.n_steps ?? detail;
    };
    expect(await steps({})).toBe(7);
    expect(await steps({ n_steps: 9 })).toBe(9);
    expect(await steps({ n_steps: 10 })).toMatch(/"n_steps" of integrated_gradients may be at most 9 here, but 10/);
    expect(await steps({ n_steps: 4 })).toMatch(/may be no less than 5 here, but 4/);
    expect((await explain({ method: 'saliency', absolute: false })).status).toBe(200);
    expect(await jsonOf(await explain({ method: 'saliency' }))).toMatchObject({ parameters: { absolute: false } });
    expect(await jsonOf(await explain({ method: 'saliency', absolute: true }))).toMatchObject({
      code: 'invalid_request',
      errors: [
        {
          detail: 'Parameter "absolute" of saliency is fixed at false here, but true was given.',
          pointer: '#/parameters/absolute',
        },
      ],
    });
    expect(await jsonOf(await send('/v2/methods/integrated_gradients', {}))).toMatchObject({
      defaults: { n_steps: 7 },
      limits: { n_steps: { min: 5, max: 9 } },
    });
  });
});

describe('limits of a tenant', () => {
  it('on the body apply with and without Content-Length', async () => {
    const { explain, send } = await tenantWith({ limits: { body_bytes: 1000 } });
    expect(await jsonOf(await explain({ method: 'saliency' }))).toMatchObject({ status: 413, max_bytes: 1000 });
    const stream = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(600));
      },
    });
    const endless = { method: 'POST', body: stream, headers: { 'Content-Type': 'image/jpeg' }, duplex: 'half' };
    expect(await jsonOf(await send(EXPLAIN, endless as RequestInit))).toMatchObject({ status: 413 });
  });

  it('on pixels are checked in the image header before decoding', async () => {
    const decoded: number[] = [];
    const codecs: ImageCodecs = {
      ...services.codecs,
      read(bytes, use, options) {
        decoded.push(options?.maxPixels ?? Infinity);
        return services.codecs.read(bytes, use, options);
      },
    };
    const { sendImage } = await tenantWith({ limits: { pixels: 191 } }, { replaced: { codecs } });
    // The header of an image of 30000x30000, and nothing else.
    const bomb = imageFiles.palettePng.slice(0, 60);
    new DataView(bomb.buffer).setUint32(16, 30_000);
    new DataView(bomb.buffer).setUint32(20, 30_000);
    expect(await jsonOf(await sendImage(bomb))).toMatchObject({ status: 413, max_pixels: 191, width: 30_000 });
    expect(await jsonOf(await sendImage(imageFiles.jpeg))).toMatchObject({ status: 413, width: 16, height: 12 });
    expect(decoded).toEqual([191, 191]);
    const wider = await tenantWith({ limits: { pixels: 192 } });
    expect((await wider.sendImage(imageFiles.jpeg)).status).toBe(200);
  });

  it('on samples refuse an explanation before it runs', async () => {
    const { explain } = await tenantWith({ limits: { samples: 22 } });
    expect((await explain({ method: 'integrated_gradients', n_steps: 20 })).status).toBe(200);
    expect(await jsonOf(await explain({ method: 'integrated_gradients', n_steps: 30 }))).toMatchObject({
      status: 422,
      code: 'budget_exceeded',
      allowed: 22,
    });
  });

  it('on samples count the rows of an inference', async () => {
    const { send } = await tenantWith({ limits: { samples: 2 } });
    const infer = (rows: number) =>
      send('/v2/models/cifar10/infer', tensorRequest({}, pixels(0, rows), [rows, 3, 32, 32]));
    expect((await infer(2)).status).toBe(200);
    expect(await jsonOf(await infer(3))).toMatchObject({ code: 'budget_exceeded', allowed: 2 });
  });

  it('on time refuse a run estimated to be too long, and abort one that is', async () => {
    const { explain, send } = await tenantWith({ limits: { edge_ms: 1 }, routes: ['edge'] });
    const long = { method: 'occlusion', sliding_window_shape: '3,4,4', strides: '3,1,1' };
    expect(await jsonOf(await explain(long))).toMatchObject({ status: 422, code: 'budget_exceeded' });
    const many = tensorRequest({}, pixels(0, 64), [64, 3, 32, 32]);
    expect(await jsonOf(await send('/v2/models/cifar10/infer', many))).toMatchObject({
      status: 504,
      code: 'deadline_exceeded',
      allowed_ms: 1,
    });
  });

  it('on requests per minute are counted for each tenant separately', async () => {
    const policy = { limits: { requests_per_minute: 60 } };
    const id = `busy-${crypto.randomUUID().slice(0, 8)}`;
    const app = tenantApp({
      [id]: { ...policy, keys: [await keyOf('busy')] },
      [`${id}-2`]: { ...policy, keys: [await keyOf('calm')] },
    });
    const answers = await Promise.all(Array.from({ length: 61 }, () => app('/v2/models', request('GET', 'busy'))));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBe(1);
    expect(refused[0]?.headers.get('Retry-After')).toBe('60');
    expect(await jsonOf(refused[0] as Response)).toMatchObject({
      code: 'rate_limited',
      detail: 'Too many requests within a minute: wait a minute and try again.',
    });
    expect((await app('/v2/models', request('GET', 'calm'))).status).toBe(200);
  });

  it('on wrong keys are counted for each client address', async () => {
    const app = tenantApp({});
    const from = { 'CF-Connecting-IP': `203.0.113.${crypto.getRandomValues(new Uint8Array(1))[0]}` };
    const guess = (i: number) => app('/v2/models', request('GET', `guess-${i}`, undefined, from));
    const statuses = (await Promise.all(Array.from({ length: 62 }, (_, i) => guess(i)))).map(({ status }) => status);
    expect([statuses.filter((s) => s === 401).length, statuses.filter((s) => s === 429).length]).toEqual([60, 2]);
  });
});

describe('formats of a tenant', () => {
  it('restrict the accepted response types', async () => {
    const { app, explain } = await tenantWith({ formats: ['image/png'] });
    expect(await jsonOf(await explain({ method: 'saliency' }, { Accept: 'application/json' }))).toMatchObject({
      status: 406,
      allowed: ['image/png'],
    });
    expect((await explain({ method: 'saliency' })).headers.get('Content-Type')).toBe('image/png');
    const v1 = await app('/v1/models/cifar10:explain', request('POST', 'one', { instances: [0] }));
    expect(await jsonOf(v1)).toMatchObject({ status: 406, allowed: ['image/png'] });
  });
});

describe('the cache of a tenant', () => {
  const state = (response: Response) => response.headers.get('X-Whylight-Cache');

  it('is bypassed when it keeps answers for 0 seconds', async () => {
    const { explain } = await tenantWith({ cache: { seconds: 0 } });
    for (let i = 0; i < 2; i++) expect(state(await explain({ method: 'saliency' }, {}, pixels(61)))).toBe('bypass');
  });

  it('keeps answers for as long as the tenant sets', async () => {
    const data = pixels(62);
    const { explain } = await tenantWith({ cache: { seconds: 60 } });
    const later = async (seconds: number) => {
      const tiers = { near: coloTier(() => caches.open('answers')), shared: kvTier(bindings.RESULTS) };
      const clock = () => Date.now() + seconds * 1000;
      const cache = tieredCache({ ...tiers, log: () => {}, clock });
      const { explain } = await tenantWith({ cache: { seconds: 60 } }, { replaced: { cache } });
      return state(await explain({ method: 'saliency' }, {}, data));
    };
    expect(state(await explain({ method: 'saliency' }, {}, data))).toBe('miss');
    expect([await later(50), await later(61)]).toEqual(['hit', 'miss']);
  });

  it('is separate from other tenants unless both share theirs', async () => {
    const make = async (isolation: string) =>
      tenantApp({
        x: { keys: [await keyOf('x')], cache: { isolation } },
        y: { keys: [await keyOf('y')], cache: { isolation } },
        z: { keys: [await keyOf('z')] },
      });
    const ask = async (app: Awaited<ReturnType<typeof make>>, key: string, seed: number) => {
      const init = tensorRequest({ method: 'saliency' }, pixels(seed));
      const response = await app(EXPLAIN, { ...init, headers: { ...init.headers, 'X-Api-Key': key } as HeadersInit });
      return [state(response), response.headers.get('ETag')];
    };
    const apart = await make('tenant');
    const [[first, tagX], [second, tagY]] = [await ask(apart, 'x', 63), await ask(apart, 'y', 63)];
    expect([first, second]).toEqual(['miss', 'miss']);
    expect(tagX).not.toBe(tagY);
    const shared = await make('shared');
    expect((await ask(shared, 'x', 64))[0]).toBe('miss');
    expect((await ask(shared, 'y', 64))[0]).toBe('hit');
    expect((await ask(shared, 'z', 64))[0]).toBe('miss');
  });

  it('serves another colormap and format from one entry', async () => {
    const { explain } = await tenantWith({});
    const answers = [
      await explain({ method: 'saliency' }, {}, pixels(65)),
      await explain({ method: 'saliency', colormap: 'viridis' }, { Accept: 'image/png' }, pixels(65)),
      await explain({ method: 'saliency' }, { Accept: 'application/octet-stream' }, pixels(65)),
    ];
    expect(answers.map(state)).toEqual(['miss', 'hit', 'hit']);
  });

  it('computes identical concurrent requests once', async () => {
    const { explain } = await tenantWith({});
    const all = await Promise.all(Array.from({ length: 4 }, () => explain({ method: 'occlusion' }, {}, pixels(66))));
    expect(all.map(state).sort()).toEqual(['joined', 'joined', 'joined', 'miss']);
    const outputs = await Promise.all(all.map(outputsOf));
    for (const other of outputs) expect(other).toEqual(outputs[0]);
  });
});
