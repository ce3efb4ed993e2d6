import type { Context, Handler } from 'hono';
import * as z from 'zod';
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import { chunksOf, FRAMES_TYPE } from '../../protocol/frames.ts';
import { type EdgeEnv, waitUntilOf } from '../http/env.ts';
import { holdBody } from '../http/middleware/hold-body.ts';
import type { Log } from '../observe/log.ts';
import type { Trace } from '../observe/trace-context.ts';
import { bytes, done } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import { decodeInspectionRequest, decodeOriginRequest } from '../origin/origin-request.ts';
import type { OriginServer } from '../origin/origin-server.ts';
import { serveExplanation } from '../origin/serve-explanation.ts';
import type { FramesConnection } from '../origin/serve-frames.ts';
import { noUploads, serveInspection } from '../origin/serve-inspection.ts';
import { refused, SIGNATURE_HEADERS } from '../origin/signature.ts';
import type { Services } from '../services.ts';

const octets = { required: true, content: { 'application/octet-stream': bytes } };

const frames = { 200: { description: 'Frames.', content: { [FRAMES_TYPE]: { schema: z.string() } } } };

/** A request whose signature holds, with what answering it needs. */
interface Accepted {
  readonly asOrigin: OriginServer;
  readonly log: Log;
  readonly connection: FramesConnection & { readonly trace: Trace };
}

/**
 * Makes a handler of signed requests that are answered with frames. The signature is checked on the headers: nobody
 * without the secret makes this process hold a body.
 */
function signedFrames<T>(
  { asOrigin, memory, limits }: Services,
  decode: (bytes: Uint8Array) => T,
  serve: (request: T, accepted: Accepted) => Promise<ReadableStream<Uint8Array>>,
): Handler<EdgeEnv> | undefined {
  if (!asOrigin) return undefined;
  const hold = holdBody(memory, limits.maxBody);
  return async (c) => {
    const digest = c.req.header(SIGNATURE_HEADERS.digest) ?? '';
    await asOrigin.signatures.verify({ method: 'POST', path: pathOf(c), digest }, (name) => c.req.header(name));
    await hold(c, async () => {
      const body = new Uint8Array(await c.req.arrayBuffer());
      if ((await sha256Hex(body)) !== digest) throw refused();
      const connection = { signal: c.req.raw.signal, waitUntil: waitUntilOf(c), trace: c.get('trace') };
      const stream = await serve(decode(body), { asOrigin, log: c.get('log'), connection });
      c.res = c.body(stream, 200, { 'Content-Type': FRAMES_TYPE, 'Cache-Control': 'no-store' });
    });
    return c.res;
  };
}

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
    responses: frames,
    internal: true,
  },
  (services) =>
    signedFrames(services, decodeOriginRequest, (request, { asOrigin, log, connection }) =>
      serveExplanation({ ...services, asOrigin, log }, request, connection),
    ),
);

/** Inspects a model that is being uploaded at an edge. Answers with frames: heartbeats, then the report or an error. */
export const originInspect = defineRoute(
  {
    id: 'inspectForEdge',
    method: 'post',
    path: '/origin/inspect',
    tag: 'origin',
    summary: 'Inspects a model that is being uploaded at an edge, which signs the request.',
    access: 'open',
    cost: 'upload',
    request: { body: octets },
    responses: frames,
    internal: true,
  },
  (services) =>
    signedFrames(services, decodeInspectionRequest, (request, { asOrigin, log, connection }) =>
      serveInspection({ ...services, asOrigin, log }, request, connection),
    ),
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
      if (!asOrigin.storeFile) throw noUploads();
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
