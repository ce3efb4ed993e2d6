/** Pages of other origins, headers of every answer, and images by their address. */
import { describe, expect, it } from 'vitest';
import { imageFiles } from '../core/image/image-files.ts';
import { imageRequest, outputsOf } from '../support/app.ts';
import { keyOf, request, tenantApp } from '../support/tenants.ts';

const EXPLAIN = '/v2/models/cifar10/explain';
const base = {
  open: { keys: [await keyOf('open')], cors: { origins: '*' } },
  some: { keys: [await keyOf('some')], cors: { origins: ['https://app.example'] } },
  none: { keys: [await keyOf('none')] },
};
const app = tenantApp(base);

describe('a cross-origin request', () => {
  const from = (origin: string, key: string) => app('/v2/models', request('GET', key, undefined, { Origin: origin }));

  it('is allowed by the CORS origins of the tenant whose key it uses', async () => {
    for (const [key, origin, status] of [
      ['open', 'https://any.example', 200],
      ['some', 'https://app.example', 200],
      ['some', 'https://app.example.evil', 403],
      ['some', 'null', 403],
      ['none', 'https://app.example', 403],
      ['none', 'https://whylight.test', 200],
    ] as const) {
      const response = await from(origin, key);
      expect([key, origin, response.status]).toEqual([key, origin, status]);
      const allowed = status === 200 && origin !== 'https://whylight.test' ? origin : null;
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe(allowed);
      expect(response.headers.get('Vary')).toContain('Origin');
      expect(response.headers.has('Access-Control-Allow-Credentials')).toBe(false);
    }
  });

  it('may read error responses', async () => {
    const response = await app(
      '/v2/models/nothing',
      request('GET', 'some', undefined, { Origin: 'https://app.example' }),
    );
    expect([response.status, response.headers.get('Access-Control-Allow-Origin')]).toEqual([
      404,
      'https://app.example',
    ]);
  });

  it('has the same preflight answer for known and unknown models and origins', async () => {
    const ask = (origin: string, path: string) =>
      app(path, { method: 'OPTIONS', headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' } });
    const [known, unknown] = [
      await ask('https://app.example', EXPLAIN),
      await ask('https://x.example', '/v2/models/x'),
    ];
    expect([known.status, unknown.status]).toEqual([204, 204]);
    const headers = ({ headers }: Response) =>
      [...headers].filter(([name]) => !/request-id|traceparent|timing|allow-origin/.test(name));
    expect(headers(known)).toEqual(headers(unknown));
    expect(known.headers.get('Access-Control-Allow-Headers')).toContain('X-Api-Key');
  });
});

describe('every response', () => {
  it('has strict security headers', async () => {
    for (const [path, init] of [
      ['/v2', {}],
      ['/v2/models', request('GET', 'open')],
      ['/v2/models', request('GET', 'wrong')],
      ['/nowhere', {}],
    ] as const) {
      const { headers } = await app(path, init);
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(headers.get('Content-Security-Policy')).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(headers.get('X-Frame-Options')).toBe('DENY');
      expect(headers.get('Strict-Transport-Security')).toMatch(/max-age=\d+/);
      expect(headers.get('Referrer-Policy')).toBe('no-referrer');
    }
  });

  it('is private to the client when it depends on an API key', async () => {
    const { headers } = await app('/v2/models', request('GET', 'open'));
    expect(headers.get('Cache-Control')).toContain('private');
    expect(headers.get('Vary')).toContain('X-Api-Key');
  });
});

describe('image_url', () => {
  const asked: [string, RequestInit | undefined][] = [];
  const host = (respond: () => Response) =>
    (async (url: string, init?: RequestInit) => {
      asked.push([url, init]);
      return respond();
    }) as unknown as typeof fetch;
  const good = () => new Response(imageFiles.jpeg as Uint8Array<ArrayBuffer>);
  const policy = { image_hosts: ['images.example'], limits: { body_bytes: 5000 } };

  async function ask(image_url: string, respond = good, tenant: object = policy) {
    const app = tenantApp({ one: { ...tenant, keys: [await keyOf('one')] } }, { replaced: { fetch: host(respond) } });
    asked.length = 0;
    const body = { parameters: { image_url, method: 'saliency' }, inputs: [] };
    return app(EXPLAIN, request('POST', 'one', body, { Cookie: 'x=1', Authorization: '' }));
  }

  it('is fetched from an allowed host without headers of the request', async () => {
    const fetched = await ask('https://images.example/cat.jpg?w=1');
    expect(fetched.status).toBe(200);
    expect(asked[0]?.[0]).toBe('https://images.example/cat.jpg?w=1');
    expect(asked[0]?.[1]).toMatchObject({ redirect: 'manual', headers: { Accept: 'image/*' } });
    const sent = await tenantApp({ '*': {} })(`${EXPLAIN}?method=saliency`, imageRequest(imageFiles.jpeg));
    expect((await outputsOf(fetched)).attribution).toEqual((await outputsOf(sent)).attribution);
  });

  it('may be a field of a form, or stand in JSON without inputs', async () => {
    const app = tenantApp({ one: { ...policy, keys: [await keyOf('one')] } }, { replaced: { fetch: host(good) } });
    const address = 'https://images.example/cat.jpg';
    const body = new FormData();
    body.set('image_url', address);
    const form = await app(`${EXPLAIN}?method=saliency`, { method: 'POST', headers: { 'X-Api-Key': 'one' }, body });
    const parameters = { image_url: address, method: 'saliency' };
    const json = await app(EXPLAIN, request('POST', 'one', { parameters }));
    expect([form.status, json.status]).toEqual([200, 200]);
    expect((await outputsOf(form)).attribution).toEqual((await outputsOf(json)).attribution);
  });

  it.each([
    'http://images.example/cat.jpg',
    'https://images.example:8443/cat.jpg',
    'https://user:pass@images.example/cat.jpg',
    'https://images.example.evil/cat.jpg',
    'https://evil/?images.example',
    'https://127.0.0.1/',
    'https://[::1]/',
    'file:///etc/passwd',
    'data:image/png;base64,AAAA',
    'images.example/cat.jpg',
  ])('is refused without a fetch for %s', async (address) => {
    const response = await ask(address);
    expect([response.status, asked.length]).toEqual([403, 0]);
  });

  it('is refused unless the tenant lists the host', async () => {
    const response = await ask('https://images.example/cat.jpg', good, {});
    expect([response.status, asked.length]).toEqual([403, 0]);
  });

  it.each([
    ['a redirect', () => new Response(null, { status: 302, headers: { Location: 'https://169.254.169.254/' } }), 400],
    ['an error', () => new Response('no', { status: 404 }), 400],
    ['a page that is no image', () => new Response('<html>'), 400],
    ['a body above the limit', () => new Response(new Uint8Array(5001)), 413],
    [
      'a failed connection',
      () => {
        throw new TypeError('connection refused at 10.0.0.7');
      },
      400,
    ],
  ])('is refused when the host answers with %s', async (_, respond, status) => {
    const response = await ask('https://images.example/cat.jpg', respond as () => Response);
    expect([response.status, asked.length]).toEqual([status, 1]);
    expect(await response.text()).not.toContain('10.0.0.7');
  });
});
