import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import { chunksOf, FRAMES_TYPE } from '../../protocol/frames.ts';
import { type EdgeEnv, waitUntilOf } from '../http/env.ts';
import { holdBody } from '../http/middleware/hold-body.ts';
import { bytes, done } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import { decodeOriginRequest } from '../origin/origin-request.ts';
import { serveExplanation } from '../origin/serve-explanation.ts';
import { refused, SIGNATURE_HEADERS } from '../origin/signature.ts';

const octets = { required: true, content: { 'application/octet-stream': bytes } };

/** Runs an explanation for an edge. Answers with frames: progress, then the explanation or its error. */
export const originExplain = defineRoute(
  {
    id: 'explainForEdge',
    method: 'post',
    path: '/origin/explain',
    tag: 'origin',
    summary: 'Runs an explanation for an edge, which signs the request.',
    access: 'open',
    cost: 'explanation',
    request: { body: octets },
    responses: { 200: { description: 'Frames.', content: { [FRAMES_TYPE]: { schema: z.string() } } } },
    internal: true,
  },
  (services) => {
    const { asOrigin } = services;
    if (!asOrigin) return undefined;
    const hold = holdBody(services.memory, services.limits.maxBody);
    return async (c) => {
      const digest = c.req.header(SIGNATURE_HEADERS.digest) ?? '';
      // Nobody without the secret makes this process hold a body.
      await asOrigin.signatures.verify({ method: 'POST', path: pathOf(c), digest }, (name) => c.req.header(name));
      await hold(c, async () => {
        const body = new Uint8Array(await c.req.arrayBuffer());
        if ((await sha256Hex(body)) !== digest) throw refused();
        const request = decodeOriginRequest(body);
        const frames = await serveExplanation({ ...services, asOrigin, log: c.get('log') }, request, {
          signal: c.req.raw.signal,
          waitUntil: waitUntilOf(c),
          trace: c.get('trace'),
        });
        c.res = c.body(frames, 200, { 'Content-Type': FRAMES_TYPE, 'Cache-Control': 'no-store' });
      });
      return c.res;
    };
  },
);

/**
 * Stores a file of an uploaded model that the origin lacks. The signature covers the digest in the path, so that an unsigned
 * body is not read, and an incomplete one not stored.
 */
export const originFile = defineRoute(
  {
    id: 'storeFile',
    method: 'put',
    path: '/origin/files/{sha256}',
    tag: 'origin',
    summary: 'Stores a file of an uploaded model for an edge, which signs the request.',
    access: 'open',
    cost: 'upload',
    responses: done,
    internal: true,
  },
  ({ asOrigin }) => {
    if (!asOrigin) return undefined;
    return async (c) => {
      const sha256 = c.req.param('sha256') ?? '';
      await asOrigin.signatures.verify({ method: 'PUT', path: pathOf(c), digest: sha256 }, (name) =>
        c.req.header(name),
      );
      if (!asOrigin.storeFile) {
        throw new WhylightError('not_found', 'This origin stores no uploaded models: start it with --uploads.');
      }
      if (!c.req.raw.body) throw new WhylightError('invalid_request', 'The body is empty: send the file.');
      await asOrigin.storeFile(sha256, chunksFrom(c.req.raw.body));
      return c.body(null, 204);
    };
  },
);

/** @throws WhylightError `aborted` when the connection is lost */
async function* chunksFrom(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of chunksOf(body)) yield chunk;
  } catch (cause) {
    throw new WhylightError('aborted', 'The connection was lost while the file was sent.', {}, { cause });
  }
}

const pathOf = (c: Context<EdgeEnv>): string => {
  const { pathname, search } = new URL(c.req.url);
  return `${pathname}${search}`;
};
