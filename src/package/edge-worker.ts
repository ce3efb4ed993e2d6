/** `whylight/edge` in a Worker: the whole app over the bindings of whoever embeds it. */
import { createApp } from '../edge/app.ts';
import { type UsedBindings, workerServices } from '../edge/workerd/worker-services.ts';
import { configuredBy, type EdgeSettings } from './edge.ts';

export { TenantLedger } from '../edge/workerd/durable-ledger.ts';
export type { UsedBindings, WorkerBindings } from '../edge/workerd/worker-services.ts';
export * from './edge.ts';

export interface Edge {
  fetch(request: Request, bindings: UsedBindings, context: ExecutionContext): Response | Promise<Response>;
}

/**
 * The app as a Worker's `fetch`, or as a part of another one. It is put together with the first request, because only then
 * are there bindings; of these only `MODELS` (static assets) must be there.
 */
export function createEdge(settings: EdgeSettings): Edge {
  const configured = configuredBy(settings);
  let app: ReturnType<typeof createApp> | undefined;
  return {
    fetch(request, bindings, context) {
      app ??= createApp(workerServices(bindings, configured));
      return app.fetch(request, bindings, context);
    },
  };
}
