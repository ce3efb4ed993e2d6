/** Entry of the Worker: one app for each isolate, made for the first request, since bindings come with it. */
import * as configured from '#plugins';
import { hardenBuiltIns } from '../../core/harden.ts';
import { createApp } from '../app.ts';
import { consumeJobs } from '../jobs/consumer.ts';
import type { JobMessage } from '../jobs/job.ts';
import type { Services } from '../services.ts';
import type { WorkerBindings } from './bindings.ts';
import { workerServices } from './worker-module.ts';

export { AttributionHistory } from './durable-drift.ts';
export { ExplanationJob } from './durable-job.ts';
export { TenantLedger } from './durable-ledger.ts';

hardenBuiltIns();

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
