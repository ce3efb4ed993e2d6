import { type Context, Hono } from 'hono';
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Model } from '../../core/model/model.ts';
import { chunksOf, encodeFrame, FRAME, FRAMES_TYPE, type FrameKind } from '../../protocol/frames.ts';
import { pack } from '../../protocol/packed.ts';
import { refuseAbove } from '../http/middleware/limit-body.ts';
import { decodeQuestion, encodeFailure, filePath, type Question, RUN_PATH } from '../origin/origin-request.ts';
import type { SignatureCheck } from '../origin/signature.ts';
import { type EdgeEnv, type Services, waitUntilOf } from '../services.ts';
import { methodsFor } from '../tenants/tenant.ts';

/** What a server has that takes heavy runs from an edge. */
export interface OriginSide {
  readonly signatures: SignatureCheck;
  /** @throws WhylightError `model_not_found`; `model_needed` with the digests of the files that are `missing` */
  model(wanted: Question['model'], waitUntil: WaitUntil): Promise<Model>;
  /**
   * Keeps a file of an uploaded model; absent where none are kept.
   * @throws WhylightError `invalid_request` for bytes that are not those of the digest; `payload_too_large`, `overloaded`
   */
  readonly keep?: (sha256: string, chunks: AsyncIterable<Uint8Array>) => Promise<void>;
  /**
   * A place in the line for one run.
   * @throws WhylightError `overloaded`
   */
  reserve(): <T>(work: () => Promise<T>) => Promise<T>;
}

/** Milliseconds between two signs of life. */
const HEARTBEAT_MS = 2_000;

/**
 * `POST /origin/explain`: what an edge asks of its origin, signed. Answers with frames: progress while it works, then the
 * explanation or why there is none.
 *
 * `PUT /origin/files/{sha256}`: a file of an uploaded model that the origin said it lacks.
 */
export const originRoutes = (services: Services, side: OriginSide) =>
  new Hono<EdgeEnv>()
    // Before there is a signature to check, the body has been read.
    .post(RUN_PATH, refuseAbove(services.limits.maxBody), (c) => explain(c, services, side))
    .put(filePath(':sha256'), (c) => keepFile(c, side));

/** The signature covers the digest, so that nothing is read of what is not signed, and nothing kept that is not whole. */
async function keepFile(c: Context<EdgeEnv>, { signatures, keep }: OriginSide): Promise<Response> {
  const sha256 = c.req.param('sha256') ?? '';
  await signatures.verify({ method: 'PUT', path: pathOf(c), body: sha256 }, (name) => c.req.header(name));
  if (!keep) throw new WhylightError('not_found', 'This origin keeps no uploaded models: start it with --uploads.');
  if (!c.req.raw.body) throw new WhylightError('invalid_request', 'There is no body: send the file.');
  await keep(sha256, arriving(c.req.raw.body));
  return c.body(null, 204);
}

/** @throws WhylightError `aborted` when the sender breaks off */
async function* arriving(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of chunksOf(body)) yield chunk;
  } catch (cause) {
    throw new WhylightError('aborted', 'The file was cut off on its way.', {}, { cause });
  }
}

const pathOf = (c: Context<EdgeEnv>): string => {
  const { pathname, search } = new URL(c.req.url);
  return `${pathname}${search}`;
};

async function explain(
  c: Context<EdgeEnv>,
  { explainer, limits, metrics }: Services,
  { signatures, model: modelOf, reserve }: OriginSide,
): Promise<Response> {
  const body = new Uint8Array(await c.req.arrayBuffer());
  await signatures.verify({ method: 'POST', path: pathOf(c), body }, (name) => c.req.header(name));
  const { model: wanted, request, rights, maxSamples, deadline, partials } = decodeQuestion(body);
  const model = await modelOf(wanted, waitUntilOf(c));
  if (model.digest !== wanted.digest) {
    const message = `The origin has another "${wanted.name}" (${model.digest}) than the edge (${wanted.digest}).`;
    throw new WhylightError('conflict', message, { model: wanted.name });
  }
  const inTurn = reserve();
  const gaveUp = new AbortController();
  const signal = AbortSignal.any([
    c.req.raw.signal,
    gaveUp.signal,
    ...(deadline === undefined ? [] : [deadlineSignal(deadline)]),
  ]);
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const send = (kind: FrameKind, payload: Uint8Array): void => {
    writer.write(encodeFrame(kind, payload)).catch(() => gaveUp.abort());
  };
  let last = { done: 0, total: 0 };
  const alive = setInterval(() => send(FRAME.progress, pack(last)), HEARTBEAT_MS);
  const work = async (): Promise<void> => {
    let began = performance.now();
    const count = (code: string, samples: number): void =>
      metrics?.ran?.({ model: model.name, method: request.method, code, ms: performance.now() - began, samples });
    try {
      const explanation = await inTurn(() => {
        began = performance.now();
        return explainer.explain(model, request, {
          signal,
          maxSamples: Math.min(maxSamples ?? limits.maxSamples, limits.maxSamples),
          methods: methodsFor(rights, explainer.methods),
          progress: (done, total) => {
            last = { done, total };
          },
          ...(partials && { partial: (row, explained) => send(FRAME.partial, pack({ row, explained })) }),
        });
      });
      const { forwards, backwards, predictions } = explanation.samples;
      count('', forwards + backwards + predictions);
      send(FRAME.result, pack(explanation));
    } catch (error) {
      const known = WhylightError.is(error)
        ? error
        : new WhylightError('internal', 'The origin failed.', {}, { cause: error });
      count(known.code, 0);
      if (known.code === 'internal')
        c.get('log')('error', 'an explanation failed', { reason: String((error as Error).stack ?? error) });
      send(FRAME.failure, encodeFailure(known));
    } finally {
      clearInterval(alive);
      await writer.close().catch(() => undefined);
    }
  };
  waitUntilOf(c)(work());
  return c.body(readable, 200, { 'Content-Type': FRAMES_TYPE, 'Cache-Control': 'no-store' });
}

function deadlineSignal(milliseconds: number): AbortSignal {
  const controller = new AbortController();
  const error = new WhylightError('deadline_exceeded', 'The deadline passed before the answer was ready.');
  setTimeout(() => controller.abort(error), Math.max(0, milliseconds));
  return controller.signal;
}
