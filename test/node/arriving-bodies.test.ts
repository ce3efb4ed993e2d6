/** Bodies over real sockets whose client leaves, or sends a byte at a time. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { BODY_MS } from '../../src/edge/http/arriving.ts';
import { type Serving, serve } from '../../src/node/serve.ts';
import { ORIGIN } from '../support/origin-settings.ts';

const lines: Readonly<Record<string, unknown>>[] = [];
const log = (level: string, message: string, facts: Readonly<Record<string, unknown>> = {}): void =>
  void lines.push({ level, message, ...facts });

let server: Serving;
beforeAll(async () => {
  server = await serve({ ...ORIGIN, models: { cifar10: 'models/cifar10' }, log, host: '127.0.0.1', port: 0 });
});
afterAll(() => server.stop(0));
beforeEach(() => {
  lines.length = 0;
});
afterEach(() => vi.useRealTimers());

/** Sends the head of a request and three bytes of its body. */
async function begin(length: string): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const head = ['POST /v2/models/cifar10/explain HTTP/1.1', 'Host: x', 'Content-Type: image/jpeg', length];
  const text = `${head.join('\r\n')}\r\n\r\n${length.startsWith('Transfer') ? '3\r\nabc\r\n' : 'abc'}`;
  await new Promise((sent) => socket.write(text, sent));
  return socket;
}

const LENGTHS = [['Content-Length: 1000'], ['Transfer-Encoding: chunked']];

describe('a client that leaves in the middle of a body', () => {
  it.each(LENGTHS)('is recorded and counted with 499, and without an error line: %s', async (length) => {
    const socket = await begin(length);
    socket.destroy();
    await vi.waitFor(() => expect(lines.filter(({ message }) => message === 'request')).toHaveLength(1));
    expect(lines).toMatchObject([{ level: 'info', message: 'request', status: 499, code: 'aborted' }]);
    const metrics = await (await fetch(server.metricsUrl as string)).text();
    expect(metrics).toMatch(/^whylight_requests_total\{[^}]*status="499",code="aborted"[^}]*\} \d+$/m);
    expect(metrics).not.toContain('status="500"');
  });
});

describe('a body that comes a byte at a time', () => {
  it.each(LENGTHS)('is refused with 408 after a minute, and its connection closed: %s', async (length) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const socket = await begin(length);
    const answer = once(socket, 'data');
    const closed = once(socket, 'close');
    const byte = length.startsWith('Transfer') ? '1\r\nd\r\n' : 'd';
    for (let seconds = 0; seconds < BODY_MS / 1000; seconds++) {
      socket.write(byte);
      await new Promise((sent) => setImmediate(sent));
      await vi.advanceTimersByTimeAsync(1000);
    }
    const [text] = (await answer) as [Buffer];
    expect(String(text)).toMatch(/^HTTP\/1\.1 408 /);
    expect(String(text)).toMatch(/^connection: close\r$/im);
    await closed;
    expect(lines).toMatchObject([{ message: 'request', status: 408, code: 'request_timeout' }]);
  });
});
