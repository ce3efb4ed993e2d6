/** Answers that need not be sent again: entity tags of lists, and parts of files. */
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/core/digest.ts';
import { appWith } from '../support/app.ts';
import { keyOf, request, tenantApp } from '../support/tenants.ts';

const ask = appWith();
const FILE = '/v2/models/cifar10/file';
const get = (path: string, headers: Record<string, string> = {}) => ask(path, { headers });
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

describe('lists and descriptions', () => {
  it.each(['/v2/models', '/v2/models/cifar10', '/v2/methods', '/v2/methods/grad_cam'])(
    'of %s have an entity tag, for which the next request is answered with 304',
    async (path) => {
      const first = await get(path);
      const etag = first.headers.get('ETag') ?? '';
      expect([first.status, etag]).toEqual([200, expect.stringMatching(/^W\/"[0-9a-f]{40}"$/)]);
      const again = await get(path, { 'If-None-Match': etag });
      expect([again.status, await again.text(), again.headers.get('ETag')]).toEqual([304, '', etag]);
      expect((await get(path, { 'If-None-Match': '"another"' })).status).toBe(200);
    },
  );

  it('have another tag for a tenant with other rights', async () => {
    const app = tenantApp({
      all: { keys: [await keyOf('all')] },
      one: { keys: [await keyOf('one')], models: ['cifar10'] },
    });
    const tags = await Promise.all(
      ['all', 'one'].map(async (key) => (await app('/v2/models', request('GET', key))).headers.get('ETag')),
    );
    expect(new Set(tags).size).toBe(2);
  });
});

describe('the file of a model', () => {
  it('has a length, a name and a strong tag of its bytes', async () => {
    const response = await get(FILE);
    const bytes = await bytesOf(response);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'content-disposition': 'attachment; filename="cifar10.onnx"',
      'content-length': String(bytes.length),
      etag: `"${await sha256Hex(bytes)}"`,
    });
  });

  it('is answered to HEAD with the same headers and no body', async () => {
    const [whole, head] = await Promise.all([get(FILE), ask(FILE, { method: 'HEAD' })]);
    expect((await head.arrayBuffer()).byteLength).toBe(0);
    for (const name of ['Content-Length', 'ETag', 'Content-Disposition', 'Accept-Ranges']) {
      expect(head.headers.get(name)).toBe(whole.headers.get(name));
    }
  });

  it('is sent in parts that make the whole', async () => {
    const whole = await bytesOf(await get(FILE));
    const parts = await Promise.all(['bytes=0-999', 'bytes=1000-'].map((Range) => get(FILE, { Range })));
    expect(parts.map(({ status }) => status)).toEqual([206, 206]);
    expect(parts[0]?.headers.get('Content-Range')).toBe(`bytes 0-999/${whole.length}`);
    expect(parts[0]?.headers.get('Content-Length')).toBe('1000');
    const [first = new Uint8Array(), second = new Uint8Array()] = await Promise.all(parts.map(bytesOf));
    expect(await sha256Hex(new Uint8Array([...first, ...second]))).toBe(await sha256Hex(whole));
  });

  it('is sent whole where a part of another file is at hand', async () => {
    const etag = (await get(FILE)).headers.get('ETag') ?? '';
    const Range = 'bytes=0-9';
    expect((await get(FILE, { Range, 'If-Range': etag })).status).toBe(206);
    expect((await get(FILE, { Range, 'If-Range': '"other"' })).status).toBe(200);
    expect((await get(FILE, { Range, 'If-Range': `W/${etag}` })).status).toBe(200);
  });

  it('refuses a range beyond its end with its size', async () => {
    const size = (await get(FILE)).headers.get('Content-Length');
    const response = await get(FILE, { Range: 'bytes=99999999-' });
    expect([response.status, response.headers.get('Content-Range')]).toEqual([416, `bytes */${size}`]);
    expect(await response.json()).toMatchObject({ code: 'range_not_satisfiable' });
  });

  it('has a tag of its own for a file beside it', async () => {
    const model = '/v2/models/movie_reviews';
    const { files } = (await (await get(model)).json()) as { files: string[] };
    const path = files[0] as string;
    const response = await get(`${model}/file?path=${encodeURIComponent(path)}`);
    expect(response.headers.get('Content-Disposition')).toContain(path.split('/').at(-1));
    expect(response.headers.get('ETag')).toBe(`"${await sha256Hex(await bytesOf(response))}"`);
  });
});

describe('a trace', () => {
  it('returns with the state of other vendors', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { headers } = await get('/v2/models', { traceparent, tracestate: 'vendor=1' });
    expect(headers.get('traceparent')).toContain('0af7651916cd43dd8448eb211c80319c');
    expect(headers.get('tracestate')).toBe('vendor=1');
  });
});
