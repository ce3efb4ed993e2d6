/** The HTTP app over given routes. It runs in workerd and in Node; everything that depends on the platform is part of {@link Services}. */
import { Hono } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { timing } from 'hono/timing';
import { limitAdminBody, neverStore } from './admin/middleware.ts';
import { pathBelow, setBasePath } from './http/base-path.ts';
import type { EdgeEnv } from './http/env.ts';
import { preflight } from './http/middleware/cors.ts';
import { decodeBody } from './http/middleware/decode-body.ts';
import { guard } from './http/middleware/guard.ts';
import { holdBody } from './http/middleware/hold-body.ts';
import { identityEncoding } from './http/middleware/identity-encoding.ts';
import { limitBody, refuseAbove } from './http/middleware/limit-body.ts';
import { observe } from './http/middleware/observe.ts';
import { pagePolicy } from './http/middleware/page-policy.ts';
import { onError, onMethodNotAllowed, onNotFound } from './http/problem.ts';
import { exposedHeaders } from './openapi/headers.ts';
import { type MountedRoute, mountRoutes } from './openapi/mount.ts';
import type { RouteDescription } from './openapi/route.ts';
import { docsRoutes } from './routes/docs.ts';
import { pageRoutes } from './routes/pages.ts';
import { v1Live } from './routes/v1-live.ts';
import type { Services } from './services.ts';

/** Security headers of every response that is no page: nothing in it may run, load or be framed. */
const SECURITY = {
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  // CORS decides which pages may read a response.
  crossOriginResourcePolicy: false,
  xFrameOptions: 'DENY',
};

/** Routes of an app, by what they ask of a client. */
export interface RouteTable {
  /** Routes that anybody may call. */
  readonly openRoutes: readonly MountedRoute[];
  /** Routes that edges call at their origin. */
  readonly originRoutes: readonly MountedRoute[];
  /** Routes that need a credential. */
  readonly keyRoutes: readonly MountedRoute[];
  /** Routes that change tenants and their keys. */
  readonly adminRoutes: readonly MountedRoute[];
  /** Returns the descriptions for the OpenAPI document: those of the routes for everybody, and those of the admin API. */
  descriptions(): Promise<Readonly<Record<'open' | 'admin', readonly RouteDescription[]>>>;
}

/** Makes the app of its routes. */
export function appOfRoutes(services: Services, table: RouteTable): Hono<EdgeEnv> {
  const { basePath = '' } = services;
  const app = new Hono<EdgeEnv>(basePath === '' ? {} : { getPath: pathBelow(basePath) });
  app.onError(onError);
  app.notFound(onNotFound);
  app.use(requestId(), setBasePath(basePath), observe(services));
  app.get('/', v1Live);
  if (services.pages) app.route('/', pageRoutes(services.pages));
  app.use(identityEncoding);
  app.use(timing({ totalDescription: '' }));
  app.use(pagePolicy);
  app.use(secureHeaders(SECURITY));
  app.use(methodNotAllowed({ app, onMethodNotAllowed }));
  app.use(preflight);

  const { openRoutes, originRoutes, keyRoutes } = table;
  const adminRoutes = services.ledger ? table.adminRoutes : [];
  const facts = [...openRoutes, ...keyRoutes, ...adminRoutes].map(({ description }) => description);
  const guarded = guard({ ...services, exposed: exposedHeaders(facts) });
  const descriptions = async (): Promise<readonly RouteDescription[]> => {
    const { open, admin } = await table.descriptions();
    return services.ledger ? [...open, ...admin] : open;
  };
  mountRoutes(app, services, openRoutes);
  app.route('/', docsRoutes(descriptions, basePath, services.pages !== undefined, services.codecs.types));
  if (services.ledger) app.use('/admin/*', guarded, limitAdminBody, neverStore);
  mountRoutes(app, services, adminRoutes);
  const { memory, limits } = services;
  mountRoutes(app, services, originRoutes, [refuseAbove(limits.maxBody)]);
  app.use('/v2/*', guarded);
  app.use('/v1/*', guarded);
  mountRoutes(app, services, keyRoutes, [holdBody(memory, limits.maxBody), decodeBody, limitBody(limits)]);
  return app;
}
