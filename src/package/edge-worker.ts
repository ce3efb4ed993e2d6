/** `whylight/edge` in a Worker: the whole app over the bindings of the Worker that embeds it. */
import { createApp } from '../edge/app.ts';
import type { UsedBindings } from '../edge/workerd/bindings.ts';
import { workerServices } from '../edge/workerd/worker-module.ts';
import { configuredBy, type EdgeSettings } from './edge.ts';

export type { UsedBindings, WorkerBindings } from '../edge/workerd/bindings.ts';
export { TenantLedger } from '../edge/workerd/durable-ledger.ts';
export * from './edge.ts';

/** App in a Worker as one `fetch` over the bindings of that Worker. */
export interface Edge {
  /** Answers a request. Errors become problem responses (RFC 9457). */
  fetch(request: Request, bindings: UsedBindings, context: ExecutionContext): Response | Promise<Response>;
}

/**
 * Makes the app as a Worker's `fetch`, or as a part of another one. It is composed for the first request, since bindings
 * come with it; only `MODELS` (static assets) is required.
 * @throws WhylightError `invalid_config` for a tenant that does not fit its schema
 *
 * @example
 * import { createEdge } from 'whylight/edge';
 * import gradCam from 'whylight/methods/activation/grad-cam';
 * export default createEdge({ methods: [gradCam], models: { cifar10: 'models/cifar10' } });
 * @see docs/api.md
 */
export function createEdge(settings: EdgeSettings): Edge {
  const configured = configuredBy(settings);
  let app: ReturnType<typeof createApp> | undefined;
  return {
    fetch(request, bindings, context) {
      app ??= createApp(workerServices(bindings, configured, settings.parts));
      return app.fetch(request, bindings, context);
    },
  };
}
