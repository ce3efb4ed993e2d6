/** Compression, and bodies that are refused before they are sent, over real sockets. */
import { once } from 'node:events';
import { request as send } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Serving, serve } from '../../src/node/serve.ts';
import { ORIGIN } from '../support/origin-settings.ts';

let serving: Serving;
beforeAll(async () => {
  const models = { cifar10: 'models/cifar10' };
  serving = await serve({ ...ORIGIN, models, host: '127.0.0.1', port: 0 });
});
afterAll(() => serving.stop(0));

/** The answer as it is sent: `fetch` would decompress it. */
async function raw(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const sent = send(`${serving.url}${path}`, { headers, method });
  sent.end();
  const [response] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

describe('answers of a server', () => {
  it('are compressed for clients that take gzip, and have the same content', async () => {
    const plain = await raw('/v2/methods');
    const packed = await raw('/v2/methods', { 'Accept-Encoding': 'gzip' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(packed.headers).toMatchObject({
      'content-encoding': 'gzip',
      vary: expect.stringContaining('Accept-Encoding'),
    });
    expect(packed.body.length).toBeLessThan(plain.body.length / 3);
    expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
    expect(packed.headers.etag).toBe(plain.headers.etag);
  });

  it.each([
    ['a short one', '/v2/models'],
    ['the file of a model', '/v2/models/cifar10/file'],
  ])('are not compressed: %s', async (_, path) => {
    const { status, headers, body } = await raw(path, { 'Accept-Encoding': 'gzip' });
    expect([status, headers['content-encoding']]).toEqual([200, undefined]);
    expect(headers['content-length']).toBe(String(body.length));
  });

  it('have the length of the file where HEAD asks', async () => {
    const { headers } = await raw('/v2/models/cifar10/file', {}, 'HEAD');
    expect(Number(headers['content-length'])).toBeGreaterThan(1000);
  });
});

/** First line that comes back for a head whose body waits for "100 Continue". */
async function statusLine(head: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(serving.url);
  const socket = connect(Number(port), hostname);
  socket.write(`${head.join('\r\n')}\r\nHost: x\r\nExpect: 100-continue\r\n\r\n`);
  const [chunk] = await once(socket, 'data');
  socket.destroy();
  return String(chunk).split('\r\n')[0] as string;
}

describe('a body that waits for a word', () => {
  const explain = (length: number) => [
    'POST /v2/models/nope/explain HTTP/1.1',
    'Content-Type: image/jpeg',
    `Content-Length: ${length}`,
  ];

  it('is refused before it is sent where it is too long', async () => {
    expect(await statusLine(explain(900_000_000))).toBe('HTTP/1.1 413 Payload Too Large');
  });

  it('is asked for otherwise', async () => {
    expect(await statusLine(explain(1000))).toBe('HTTP/1.1 100 Continue');
  });
});
