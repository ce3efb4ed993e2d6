/** Bodies whose client leaves, or sends too slowly. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BODY_MS } from '../../../src/edge/http/arriving.ts';
import { noMetrics } from '../../../src/edge/observe/metrics.ts';
import { keyOf, tenantApp } from '../../support/tenants.ts';

const EXPLAIN = '/v2/models/cifar10/explain?method=saliency';
const lines: Readonly<Record<string, unknown>>[] = [];
const counted: unknown[] = [];
const ask = tenantApp(
  { '*': {}, house: { operator: true, keys: [await keyOf('op', ['admin'])] } },
  {
    log: (level, message, facts) => void lines.push({ level, message, ...facts }),
    replaced: { metrics: { ...noMetrics, count: ({ status, code }) => void counted.push([status, code]) } },
  },
);

/** A body whose first bytes arrive; then its connection is lost, or nothing follows. */
const begun = (text: string, then: 'lost' | 'silent'): ReadableStream<Uint8Array> => {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (!sent) controller.enqueue(new TextEncoder().encode(text));
      else if (then === 'lost') controller.error(new Error('Network connection lost.'));
      else return new Promise<void>(() => undefined);
      sent = true;
      return undefined;
    },
  });
};

const REQUESTS = [
  ['an image', EXPLAIN, 'POST', { 'Content-Type': 'image/jpeg', 'Content-Length': '1000' }, 'abc'],
  ['a body in chunks', EXPLAIN, 'POST', { 'Content-Type': 'image/jpeg' }, 'abc'],
  ['a compressed body', EXPLAIN, 'POST', { 'Content-Type': 'image/jpeg', 'Content-Encoding': 'gzip' }, '\x1f'],
  ['tensors', EXPLAIN, 'POST', { 'Content-Type': 'application/json', 'Content-Length': '1000' }, '{"'],
  ['a form', EXPLAIN, 'POST', { 'Content-Type': 'multipart/form-data; boundary=a', 'Content-Length': '1000' }, '--a'],
  ['rows', '/v1/models/cifar10:predict', 'POST', { 'Content-Length': '1000' }, '{"'],
  ['a model', '/v2/models/mine/versions/1', 'PUT', { 'Content-Length': '1000', 'X-Api-Key': 'op' }, 'abc'],
  [
    'the policy of a tenant',
    '/admin/tenants/leaves',
    'PUT',
    { 'Content-Type': 'application/json', 'X-Api-Key': 'op', 'If-None-Match': '*' },
    '{"',
  ],
] as const;

const sent = (path: string, method: string, headers: Record<string, string>, body: ReadableStream) =>
  ask(path, { method, headers, body, duplex: 'half' } as RequestInit);

afterEach(() => {
  vi.useRealTimers();
  lines.length = 0;
  counted.length = 0;
});

describe('a client that leaves in the middle of a body', () => {
  it.each(REQUESTS)('is recorded with 499, and without an error line: %s', async (_, path, method, headers, text) => {
    const { status } = await sent(path, method, headers, begun(text, 'lost'));
    expect(status).toBe(499);
    expect(lines).toMatchObject([{ level: 'info', message: 'request', status: 499, code: 'aborted' }]);
    expect(counted).toEqual([[499, 'aborted']]);
  });
});

describe('a body that does not arrive in time', () => {
  it.each(REQUESTS)('is refused with 408: %s', async (_, path, method, headers, text) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const answer = sent(path, method, headers, begun(text, 'silent'));
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0), { timeout: 20_000 });
    await vi.advanceTimersByTimeAsync(BODY_MS);
    const response = await answer;
    expect([response.status, await response.json()]).toEqual([
      408,
      expect.objectContaining({ code: 'request_timeout' }),
    ]);
    expect(counted).toEqual([[408, 'request_timeout']]);
  });
});
