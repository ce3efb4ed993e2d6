import { Hono } from 'hono';
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Model } from '../../core/model/model.ts';
import { pack } from '../../core/packed.ts';
import { encodeFrame, FRAME, FRAMES_TYPE, type FrameKind } from '../remote/frames.ts';
import { decodeQuestion, encodeFailure, RUN_PATH } from '../remote/question.ts';
import type { SignatureCheck } from '../remote/signature.ts';
import { type EdgeEnv, type Services, waitUntilOf } from '../services.ts';
import { methodsFor } from '../tenants/tenant.ts';

/** What a server has that takes heavy runs from an edge. */
export interface OriginSide {
  readonly signatures: SignatureCheck;
  /** @throws WhylightError `model_not_found` */
  model(name: string, waitUntil: WaitUntil): Promise<Model>;
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
 */
export const originRoutes = ({ explainer }: Services, { signatures, model: modelNamed, reserve }: OriginSide) =>
  new Hono<EdgeEnv>().post(RUN_PATH, async (c) => {
    const body = new Uint8Array(await c.req.arrayBuffer());
    const { pathname, search } = new URL(c.req.url);
    await signatures.verify({ method: 'POST', path: `${pathname}${search}`, body }, (name) => c.req.header(name));
    const { model: wanted, request, rights, maxSamples, deadline, partials } = decodeQuestion(body);
    const model = await modelNamed(wanted.name, waitUntilOf(c));
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
      try {
        const explanation = await inTurn(() =>
          explainer.explain(model, request, {
            signal,
            ...(maxSamples !== undefined && { maxSamples }),
            methods: methodsFor(rights, explainer.methods),
            progress: (done, total) => {
              last = { done, total };
            },
            ...(partials && { partial: (row, explained) => send(FRAME.partial, pack({ row, explained })) }),
          }),
        );
        send(FRAME.result, pack(explanation));
      } catch (error) {
        const known = WhylightError.is(error)
          ? error
          : new WhylightError('internal', 'The origin failed.', {}, { cause: error });
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
  });

function deadlineSignal(milliseconds: number): AbortSignal {
  const controller = new AbortController();
  const error = new WhylightError('deadline_exceeded', 'The deadline passed before the answer was ready.');
  setTimeout(() => controller.abort(error), Math.max(0, milliseconds));
  return controller.signal;
}
