/** `whylight/edge` in a Worker: the whole app over the bindings of the Worker that embeds it. */
import { createApp } from '../edge/app.ts';
import { consumeJobs } from '../edge/jobs/consumer.ts';
import type { JobBatch } from '../edge/jobs/queue.ts';
import type { Services } from '../edge/services.ts';
import type { UsedBindings } from '../edge/workerd/bindings.ts';
import { type WorkerSettings, workerServices } from '../edge/workerd/worker-module.ts';
import { configuredBy, type EdgeSettings } from './edge.ts';

export type { UsedBindings, WorkerBindings } from '../edge/workerd/bindings.ts';
export { AttributionHistory } from '../edge/workerd/durable-drift.ts';
export { ExplanationJob } from '../edge/workerd/durable-job.ts';
export { TenantLedger } from '../edge/workerd/durable-ledger.ts';
export { isolatedIn } from '../edge/workerd/isolation/loaded-method.ts';
export * from './edge.ts';

/** Settings of `createEdge` in a Worker. */
export type WorkerEdgeSettings = EdgeSettings & Pick<WorkerSettings, 'assets'>;

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
export function createEdge(settings: WorkerEdgeSettings): Edge {
  const configured = configuredBy(settings);
  let services: Services | undefined;
  let app: ReturnType<typeof createApp> | undefined;
  const servicesOf = (bindings: UsedBindings) => (services ??= workerServices(bindings, configured, settings));
  return {
    fetch(request, bindings, context) {
      app ??= createApp(servicesOf(bindings));
      return app.fetch(request, bindings, context);
    },
    queue: (batch, bindings, context) =>
      consumeJobs(servicesOf(bindings), batch, (promise) => context.waitUntil(promise)),
  };
}
