/** Runs an explanation at an origin, and streams it to the edge as frames. */
import { WhylightError } from '../../core/errors.ts';
import type { Explainer } from '../../core/explainer/explainer.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import type { ExplainHooks } from '../../core/explainer/request.ts';
import { FRAME } from '../../protocol/frames.ts';
import { pack } from '../../protocol/packed.ts';
import type { Limits } from '../limits.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { recordRun } from '../observe/run-record.ts';
import type { Spans } from '../observe/spans.ts';
import type { Trace } from '../observe/trace-context.ts';
import { methodsFor } from '../tenants/rights.ts';
import type { OriginRequest } from './origin-request.ts';
import type { OriginServer } from './origin-server.ts';
import { type FramesConnection, serveFrames } from './serve-frames.ts';

interface OriginServices {
  readonly asOrigin: OriginServer;
  readonly explainer: Explainer;
  readonly limits: Limits;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly spans?: Spans;
}

type InTurn = ReturnType<OriginServer['reserve']>;

interface Connection extends FramesConnection {
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
  const model = await asOrigin.model(request.model, connection.waitUntil);
  if (model.digest !== request.model.digest) {
    const { name, digest } = request.model;
    const message = `The origin has another "${name}" (${model.digest}) than the edge (${digest}).`;
    throw new WhylightError('conflict', message, { model: name });
  }
  const inTurn = await admitted(services, request, connection);
  return serveFrames(services, connection, request.deadline, async ({ signal, progress, send }) => {
    const hooks: ExplainHooks = {
      ...hooksFor(services, request, signal),
      progress,
      ...(request.partials && { partial: (row, explained) => send(FRAME.partial, pack({ row, explained })) }),
    };
    return recorded(services, request, connection, inTurn, () =>
      services.explainer.explain(model, request.request, hooks),
    );
  });
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
  { rights, maxSamples }: OriginRequest,
  signal: AbortSignal,
): ExplainHooks {
  return {
    signal,
    maxSamples: Math.min(maxSamples ?? limits.maxSamples, limits.maxSamples),
    methods: methodsFor(rights, explainer.methods),
  };
}
