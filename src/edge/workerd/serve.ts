/** The handlers of a Worker that is built into modules: one app for each isolate, made when the isolate starts. */
import { env } from 'cloudflare:workers';
import { appOfRoutes } from '../app-of-routes.ts';
import type { JobMessage } from '../jobs/job.ts';
import type { Services } from '../services.ts';
import type { WorkerBindings } from './bindings.ts';
import { lazyRoutes } from './lazy-routes.ts';
import { type WorkerConfigured, type WorkerSettings, workerServices } from './worker-module.ts';

/**
 * Makes the handlers.
 * @param configured configuration, checked by the build
 */
export function serve(
  configured: WorkerConfigured,
  settings: Pick<WorkerSettings, 'assets'> = {},
): Required<Pick<ExportedHandler<WorkerBindings, JobMessage>, 'fetch' | 'queue'>> {
  let services: Services | undefined;
  let app: ReturnType<typeof appOfRoutes> | undefined;
  const servicesOf = (bindings: WorkerBindings): Services =>
    (services ??= workerServices(bindings, configured, settings));
  const appOf = (bindings: WorkerBindings): ReturnType<typeof appOfRoutes> =>
    (app ??= appOfRoutes(servicesOf(bindings), lazyRoutes));
  try {
    // The platform starts an isolate while the client still opens its connection; the router compiles its routes when it
    // is first asked for one.
    appOf(env as WorkerBindings).router.match('POST', '/');
  } catch {
    // Settings that are wrong are reported by the first request, which composes the app again.
  }
  return {
    fetch: (request, bindings, context) => appOf(bindings).fetch(request, bindings, context),
    async queue(batch, bindings, context) {
      const { consumeJobs } = await import('../jobs/consumer.ts');
      await consumeJobs(servicesOf(bindings), batch, (promise) => context.waitUntil(promise));
    },
  };
}
