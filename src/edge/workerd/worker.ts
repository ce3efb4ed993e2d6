/** The Worker's entry: one app for each isolate, made when the first request comes, because only then are there bindings. */
import * as configured from '#plugins';
import { createApp } from '../app.ts';
import { consumeJobs } from '../jobs/consumer.ts';
import type { JobMessage } from '../jobs/job.ts';
import type { Services } from '../services.ts';
import { type WorkerBindings, workerServices } from './worker-services.ts';

export { ExplanationJob } from './durable-job.ts';
export { TenantLedger } from './durable-ledger.ts';

let services: Services | undefined;
let app: ReturnType<typeof createApp> | undefined;
const servicesOf = (bindings: WorkerBindings): Services => (services ??= workerServices(bindings, configured));

export default {
  fetch(request, bindings, context) {
    app ??= createApp(servicesOf(bindings));
    return app.fetch(request, bindings, context);
  },
  async queue(batch, bindings, context) {
    await consumeJobs(servicesOf(bindings), batch, (promise) => context.waitUntil(promise));
  },
} satisfies ExportedHandler<WorkerBindings, JobMessage>;
