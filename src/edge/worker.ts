/** The Worker's entry: one app for each isolate, made when the first request comes, because only then are there bindings. */
import * as configured from '#plugins';
import { createApp } from './app.ts';
import { type WorkerBindings, workerServices } from './worker-services.ts';

export { TenantLedger } from './durable-ledger.ts';

let app: ReturnType<typeof createApp> | undefined;

export default {
  fetch(request, bindings, context) {
    app ??= createApp(workerServices(bindings, configured));
    return app.fetch(request, bindings, context);
  },
} satisfies ExportedHandler<WorkerBindings>;
