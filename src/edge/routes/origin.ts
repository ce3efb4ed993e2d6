import type { Context } from 'hono';
import * as z from 'zod';
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import { chunksOf, FRAMES_TYPE } from '../../protocol/frames.ts';
import { bytesOf } from '../http/arriving.ts';
import { type EdgeEnv, waitUntilOf } from '../http/env.ts';
import { holdBody } from '../http/middleware/hold-body.ts';
import type { Trace } from '../observe/trace-context.ts';
import { bytes, done } from '../openapi/content.ts';
import { defineRoute, type Route, type RouteDescription } from '../openapi/route.ts';
import { decodeInspectionRequest, decodeOriginRequest } from '../origin/origin-request.ts';
import type { OriginServer } from '../origin/origin-server.ts';
import { serveExplanation } from '../origin/serve-explanation.ts';
import type { FramesConnection } from '../origin/serve-frames.ts';
import { noUploads, serveInspection } from '../origin/serve-inspection.ts';
import { refused, SIGNATURE_HEADERS } from '../origin/signature.ts';
import type { Services } from '../services.ts';

const octets = { required: true, content: { 'application/octet-stream': bytes } };

const frames = { 200: { description: 'Frames.', content: { [FRAMES_TYPE]: { schema: z.string() } } } };

/** Part of a description that routes with frames have in common. */
const FRAMES_ROUTE = {
  method: 'post',
  tag: 'origin',
  access: 'open',
  request: { body: octets },
  responses: frames,
  internal: true,
} as const;

/** Description and work of a route whose signed requests are answered with frames. */
interface FramesRoute<T> extends Pick<RouteDescription, 'id' | 'path' | 'summary' | 'cost'> {
  readonly decode: (bytes: Uint8Array) => T;
  readonly serve: (
    services: Services & { readonly asOrigin: OriginServer },
    request: T,
    connection: FramesConnection & { readonly trace: Trace },
  ) => Promise<ReadableStream<Uint8Array>>;
}

/**
 * Defines a route of signed requests that are answered with frames. The signature is checked on the headers: nobody
 * without the secret makes this process hold a body.
 */
function framesRoute<T>({ decode, serve, ...description }: FramesRoute<T>): Route {
  return defineRoute({ ...FRAMES_ROUTE, ...description }, (services) => {
    const { asOrigin, memory, limits } = services;
    if (!asOrigin) return undefined;
    const hold = holdBody(memory, limits.maxBody);
    return async (c) => {
      const digest = c.req.header(SIGNATURE_HEADERS.digest) ?? '';
      await asOrigin.signatures.verify({ method: 'POST', path: pathOf(c), digest }, (name) => c.req.header(name));
      await hold(c, async () => {
        const body = await bytesOf(c);
        if ((await sha256Hex(body)) !== digest) throw refused();
        const connection = { signal: c.req.raw.signal, waitUntil: waitUntilOf(c), trace: c.get('trace') };
        const stream = await serve({ ...services, asOrigin, log: c.get('log') }, decode(body), connection);
        c.res = c.body(stream, 200, { 'Content-Type': FRAMES_TYPE, 'Cache-Control': 'no-store' });
      });
      return c.res;
    };
  });
}

/** Runs an explanation for an edge. Answers with frames: progress, then the explanation or its error. */
export const originExplain = framesRoute({
  id: 'explainForEdge',
  path: '/origin/explain',
  summary: 'Runs an explanation for an edge, which signs the request.',
  cost: 'explanation',
  decode: decodeOriginRequest,
  serve: serveExplanation,
});

/** Inspects a model that is being uploaded at an edge. Answers with frames: heartbeats, then the report or an error. */
export const originInspect = framesRoute({
  id: 'inspectForEdge',
  path: '/origin/inspect',
  summary: 'Inspects a model that is being uploaded at an edge, which signs the request.',
  cost: 'upload',
  decode: decodeInspectionRequest,
  serve: serveInspection,
});

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
      if (!asOrigin.storeFile) throw noUploads();
      if (!c.req.raw.body) throw new WhylightError('invalid_request', 'The body is empty: send the file.');
      const chunks = chunksOf(c.req.raw.body);
      try {
        await asOrigin.storeFile(sha256, received(chunks));
      } finally {
        // An edge that still sends reads no answer, and a connection that is closed meanwhile hides the reason of a refusal.
        await discard(chunks);
      }
      return c.body(null, 204);
    };
  },
);

/**
 * Passes chunks on, and leaves what follows them where the receiver stops.
 * @throws WhylightError `aborted` when the connection is lost
 */
async function* received(chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  } catch (cause) {
    throw new WhylightError('aborted', 'The connection was lost while the file was sent.', {}, { cause });
  }
}

/** Reads chunks to their end, or until the connection is lost: what came before has its answer already. */
async function discard(chunks: AsyncIterator<Uint8Array>): Promise<void> {
  let isOver = false;
  while (!isOver) {
    isOver = await chunks.next().then(
      ({ done }) => done === true,
      () => true,
    );
  }
}

const pathOf = (c: Context<EdgeEnv>): string => {
  const { pathname, search } = new URL(c.req.url);
  return `${pathname}${search}`;
};
