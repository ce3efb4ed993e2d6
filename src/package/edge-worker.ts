/** `whylight/edge` in a Worker: the whole app over the bindings of the Worker that embeds it. */
import type { ImageDecoders } from '../core/image/codecs/codecs.ts';
import { createWorkerApp } from '../edge/app.ts';
import { consumeJobs } from '../edge/jobs/consumer.ts';
import type { JobBatch } from '../edge/jobs/queue.ts';
import type { Services } from '../edge/services.ts';
import type { UsedBindings } from '../edge/workerd/bindings.ts';
import { ALL_DECODERS } from '../edge/workerd/codecs/all.ts';
import { type WorkerSettings, workerServices } from '../edge/workerd/worker-module.ts';
import { configuredBy, type EdgeSettings } from './edge.ts';

export type { ImageDecoders, StartCodec } from '../core/image/codecs/codecs.ts';
export type { UsedBindings, WorkerBindings } from '../edge/workerd/bindings.ts';
export { default as jpegDecoder } from '../edge/workerd/codecs/jpeg.ts';
export { default as pngDecoder } from '../edge/workerd/codecs/png.ts';
export { default as webpDecoder } from '../edge/workerd/codecs/webp.ts';
export { AttributionHistory } from '../edge/workerd/durable-drift.ts';
export { ExplanationJob } from '../edge/workerd/durable-job.ts';
export { TenantLedger } from '../edge/workerd/durable-ledger.ts';
export { isolatedIn } from '../edge/workerd/isolation/loaded-method.ts';
export * from './edge.ts';

/** Settings of `createEdge` in a Worker. */
export type WorkerEdgeSettings = EdgeSettings & Pick<WorkerSettings, 'assets'>;

/** Settings of `createEdgeWithCodecs`. */
export interface CodecEdgeSettings extends WorkerEdgeSettings {
  /** Decoders of the image formats that are taken, by format; without any, models are asked with tensors. */
  readonly codecs: ImageDecoders;
}

/** App in a Worker: `fetch`, and the consumer of its queue of jobs, over the bindings of that Worker. */
export interface Edge {
  /** Answers a request. Errors become problem responses (RFC 9457). */
  fetch(request: Request, bindings: UsedBindings, context: ExecutionContext): Response | Promise<Response>;
  /** Runs background jobs; the queues of jobs and of their dead letters both come here. */
  queue(batch: JobBatch, bindings: UsedBindings, context: ExecutionContext): Promise<void>;
}

/**
 * Makes the app as a Worker's `fetch`, or as a part of another one. It is composed for the first request, since bindings
 * come with it; none is required.
 * @throws WhylightError `invalid_config` for a tenant that does not fit its schema; for other settings when the first
 * request comes
 *
 * @example
 * import { createEdge } from 'whylight/edge';
 * import gradCam from 'whylight/methods/activation/grad-cam';
 * export default createEdge({ methods: [gradCam], models: { cifar10: 'models/cifar10' } });
 * @see docs/api.md
 */
export const createEdge = (settings: WorkerEdgeSettings): Edge =>
  createEdgeWithCodecs({ ...settings, codecs: ALL_DECODERS });

/**
 * Makes the app as {@link createEdge} does, with the image decoders that are given, so that a bundle holds no others. An
 * image of another format is answered with 415. Answers are encoded as PNG in any case.
 * @throws WhylightError `invalid_config` as for {@link createEdge}
 *
 * @example
 * import { createEdgeWithCodecs, jpegDecoder } from 'whylight/edge';
 * export default createEdgeWithCodecs({ methods: [gradCam], models, codecs: { jpeg: jpegDecoder } });
 */
export function createEdgeWithCodecs(settings: CodecEdgeSettings): Edge {
  const configured = { ...configuredBy(settings), codecs: settings.codecs };
  let services: Services | undefined;
  let app: ReturnType<typeof createWorkerApp> | undefined;
  const servicesOf = (bindings: UsedBindings) => (services ??= workerServices(bindings, configured, settings));
  return {
    fetch(request, bindings, context) {
      app ??= createWorkerApp(servicesOf(bindings));
      return app.fetch(request, bindings, context);
    },
    queue: (batch, bindings, context) =>
      consumeJobs(servicesOf(bindings), batch, (promise) => context.waitUntil(promise)),
  };
}
