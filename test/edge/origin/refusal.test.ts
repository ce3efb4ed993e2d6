import { describe, expect, it } from 'vitest';
import { OriginClient } from '../../../src/edge/origin/origin-client.ts';

const FULL = 'The disk for uploaded models is full: lower --uploads-mib to what it has, or free some of it.';

/** Asks an origin that answers every request like this. */
const asked = (answer: () => Response): Promise<unknown> =>
  new OriginClient({ urls: ['http://origin.test'], secret: 'a secret', fetch: async () => answer() }).send({
    path: '/origin/inspect',
    bodyOf: () => new Uint8Array(1),
    headers: {},
    signal: new AbortController().signal,
    receive: async () => undefined,
  });

describe('an origin that takes nothing now', () => {
  it('is reported with its reason and its Retry-After', async () => {
    const answer = () =>
      Response.json({ code: 'overloaded', detail: FULL }, { status: 503, headers: { 'Retry-After': '60' } });
    await expect(asked(answer)).rejects.toMatchObject({
      code: 'origin_unavailable',
      message: `The origin is overloaded. ${FULL}`,
      details: { retry_after: 60 },
    });
  });

  it.each([
    ['a page of a proxy', () => new Response('<html>busy</html>', { status: 503, headers: { 'Retry-After': '2' } })],
    ['a reason that is none', () => Response.json({ code: 'overloaded', detail: 7 }, { status: 503 })],
    ['another code', () => Response.json({ code: 'internal', detail: 'at /srv/app.ts' }, { status: 502 })],
  ])('is reported without a reason for %s', async (_, answer) => {
    await expect(asked(answer)).rejects.toMatchObject({
      code: 'origin_unavailable',
      message: 'The origin is overloaded.',
    });
  });
});
