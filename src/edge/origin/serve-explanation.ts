/** Runs an explanation at an origin, and streams it to the edge as frames. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Explainer } from '../../core/explainer/explainer.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import type { ExplainHooks } from '../../core/explainer/request.ts';
import { encodeFrame, FRAME, type FrameKind } from '../../protocol/frames.ts';
import { pack } from '../../protocol/packed.ts';
import type { Limits } from '../limits.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { recordRun } from '../observe/run-record.ts';
import type { Spans } from '../observe/spans.ts';
import type { Trace } from '../observe/trace-context.ts';
import { methodsFor } from '../tenants/rights.ts';
import { encodeFailure, type OriginRequest } from './origin-request.ts';
import type { OriginServer } from './origin-server.ts';

/** Milliseconds between two heartbeats. */
const HEARTBEAT_MS = 2_000;

interface OriginServices {
  readonly asOrigin: OriginServer;
  readonly explainer: Explainer;
  readonly limits: Limits;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly spans?: Spans;
}

type InTurn = ReturnType<OriginServer['reserve']>;

interface Connection {
  /** Aborted when the edge closes the connection. */
  readonly signal: AbortSignal;
  readonly waitUntil: WaitUntil;
  readonly trace?: Trace;
}

/**
 * Starts the run.
 * @returns frames: progress as a heartbeat, partial maps, then the result or a failure
 * @throws WhylightError `conflict` when the model differs from the edge's; errors of `OriginServer`
 */
export async function serveExplanation(
  services: OriginServices,
  request: OriginRequest,
  connection: Connection,
): Promise<ReadableStream<Uint8Array>> {
  const { asOrigin } = services;
  const { signal, waitUntil } = connection;
  const model = await asOrigin.model(request.model, waitUntil);
  if (model.digest !== request.model.digest) {
    const { name, digest } = request.model;
    const message = `The origin has another "${name}" (${model.digest}) than the edge (${digest}).`;
    throw new WhylightError('conflict', message, { model: name });
  }
  const inTurn = await admitted(services, request, connection);
  const { readable, send, close, closed } = frameStream();
  let last = { done: 0, total: 0 };
  const heartbeat = setInterval(() => send(FRAME.progress, pack(last)), HEARTBEAT_MS);
  const hooks: ExplainHooks = {
    ...hooksFor(services, request, [signal, closed]),
    progress: (done, total) => {
      last = { done, total };
    },
    ...(request.partials && { partial: (row, explained) => send(FRAME.partial, pack({ row, explained })) }),
  };
  const run = async (): Promise<void> => {
    try {
      const explanation = await recorded(services, request, connection, inTurn, () =>
        services.explainer.explain(model, request.request, hooks),
      );
      send(FRAME.result, pack(explanation));
    } catch (error) {
      send(FRAME.failure, encodeFailure(knownError(error, services.log)));
    } finally {
      clearInterval(heartbeat);
      await close();
    }
  };
  waitUntil(run());
  return readable;
}

/** Reserves a slot, and records a refusal as a run that did not begin. */
async function admitted(...run: [OriginServices, OriginRequest, Connection]): Promise<InTurn> {
  const [{ asOrigin }] = run;
  try {
    return asOrigin.reserve();
  } catch (error) {
    const refuse: InTurn = () => Promise.reject(error);
    await recorded(...run, refuse, () => Promise.reject(error));
    throw error;
  }
}

/** Runs the work when it is its turn, and records it. */
function recorded(
  { log, metrics, spans }: OriginServices,
  { tenant = '', model, request }: OriginRequest,
  { trace }: Connection,
  inTurn: InTurn,
  work: () => Promise<Explanation>,
): Promise<Explanation> {
  const sinks = { log, ...(metrics && { metrics }), ...(spans && { spans }), ...(trace && { trace }) };
  return recordRun(sinks, { tenant, model: model.name, method: request.method }, 'origin', (marks) =>
    inTurn(() => {
      marks.begin();
      return work();
    }),
  );
}

function hooksFor(
  { explainer, limits }: OriginServices,
  { rights, maxSamples, deadline }: OriginRequest,
  signals: readonly AbortSignal[],
): ExplainHooks {
  return {
    signal: AbortSignal.any([...signals, ...(deadline === undefined ? [] : [deadlineSignal(deadline)])]),
    maxSamples: Math.min(maxSamples ?? limits.maxSamples, limits.maxSamples),
    methods: methodsFor(rights, explainer.methods),
  };
}

function knownError(error: unknown, log: Log): WhylightError {
  const known = WhylightError.is(error)
    ? error
    : new WhylightError('internal', 'The origin failed.', {}, { cause: error });
  if (known.code === 'internal') {
    log('error', 'an explanation failed', { reason: String((error as Error).stack ?? error) });
  }
  return known;
}

/** Makes a stream of frames. `closed` is aborted when the reader is gone. */
function frameStream() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const gone = new AbortController();
  return {
    readable,
    closed: gone.signal,
    send: (kind: FrameKind, payload: Uint8Array): void => {
      writer.write(encodeFrame(kind, payload)).catch(() => gone.abort());
    },
    close: (): Promise<void> => writer.close().catch(() => undefined),
  };
}

function deadlineSignal(milliseconds: number): AbortSignal {
  const controller = new AbortController();
  const error = new WhylightError('deadline_exceeded', 'The deadline passed before the answer was ready.');
  setTimeout(() => controller.abort(error), Math.max(0, milliseconds));
  return controller.signal;
}
