/** The HTTP face of whylight. Runs in workerd and in Node: everything that differs comes in as {@link Services}. */
import { Hono } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { timing } from 'hono/timing';
import { adminRoutes } from './admin/routes.ts';
import { preflight } from './http/middleware/cors.ts';
import { decodeBody } from './http/middleware/decode-body.ts';
import { guard } from './http/middleware/guard.ts';
import { limitBody } from './http/middleware/limit-body.ts';
import { observe } from './http/middleware/observe.ts';
import { pagePolicy } from './http/middleware/page-policy.ts';
import { onError, onMethodNotAllowed, onNotFound } from './http/problem.ts';
import { compareRoutes } from './routes/compare.ts';
import { docsRoutes } from './routes/docs.ts';
import { estimateRoutes } from './routes/estimate.ts';
import { explainRoutes } from './routes/explain.ts';
import { inferRoutes } from './routes/infer.ts';
import { jobRoutes } from './routes/jobs.ts';
import { kserveV1Routes } from './routes/kserve-v1.ts';
import { methodRoutes } from './routes/methods.ts';
import { modelFileRoutes } from './routes/model-file.ts';
import { modelRoutes } from './routes/models.ts';
import { originRoutes } from './routes/origin.ts';
import { pageRoutes } from './routes/pages.ts';
import { registryRoutes } from './routes/registry.ts';
import { serverRoutes } from './routes/server.ts';
import type { EdgeEnv, Services } from './services.ts';

/** No answer is a page, unless its route says so: nothing in it may run, load or be framed. */
const SECURITY = {
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  // Pages of other origins may use answers where the tenant says so.
  crossOriginResourcePolicy: false,
  xFrameOptions: 'DENY',
};

/** Whoever serves the app passes an execution context with `waitUntil` to `app.fetch(request, env, context)`. */
export function createApp(services: Services) {
  const app = new Hono<EdgeEnv>();
  app.onError(onError);
  app.notFound(onNotFound);
  app.use(requestId(), observe(services));
  if (services.pages) app.route('/', pageRoutes(services.pages));
  app.use(timing({ totalDescription: '' }));
  app.use(pagePolicy);
  app.use(secureHeaders(SECURITY));
  app.use(methodNotAllowed({ app, onMethodNotAllowed }));
  app.use(preflight);
  app.route('/', serverRoutes(services));
  app.route('/', docsRoutes(services));
  app.route('/', adminRoutes(services));
  if (services.asOrigin) app.route('/', originRoutes(services, services.asOrigin));
  app.use('/v2/*', guard(services));
  app.use('/v1/*', guard(services));
  for (const path of ['/v1/models/*', '/v2/models/*']) app.use(path, decodeBody, limitBody(services.limits));
  return app
    .route('/', modelRoutes(services))
    .route('/', modelFileRoutes(services))
    .route('/', registryRoutes(services))
    .route('/', methodRoutes(services))
    .route('/', explainRoutes(services))
    .route('/', estimateRoutes(services))
    .route('/', compareRoutes(services))
    .route('/', jobRoutes(services))
    .route('/', kserveV1Routes(services))
    .route('/', inferRoutes(services));
}
