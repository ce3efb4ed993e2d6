/** Serves routes: each behind the check of its scope and the handling of its body. */
import type { Hono, MiddlewareHandler } from 'hono';
import type { EdgeEnv } from '../http/env.ts';
import { requireScope } from '../http/middleware/require-scope.ts';
import type { Services } from '../services.ts';
import { patternsOf, type Route, type RouteDescription } from './route.ts';

/** A route as it is mounted: its description may lack what only the OpenAPI document tells. */
export interface MountedRoute extends Pick<Route, 'handler'> {
  readonly description: Pick<
    RouteDescription,
    'method' | 'path' | 'versioned' | 'pattern' | 'access' | 'tagged' | 'headers'
  > & {
    /** Has a `body` where the route takes one. */
    readonly request?: { readonly body?: object; readonly query?: object };
  };
}

/** Tags the answer by its content; no explanation has such a tag, so that an isolate starts without the code. */
const tagContent: MiddlewareHandler<EdgeEnv> = async (c, next) =>
  (await import('hono/etag')).etag({ weak: true })(c, next);

/**
 * Adds routes to the app.
 * @param body middleware of routes that take a body
 */
export function mountRoutes(
  app: Hono<EdgeEnv>,
  services: Services,
  routes: Iterable<MountedRoute>,
  body: readonly MiddlewareHandler<EdgeEnv>[] = [],
): void {
  for (const { description, handler } of routes) {
    const handle = handler(services);
    if (!handle) continue;
    const { access, method, request, tagged } = description;
    const scope = access === 'open' || access === 'key' ? [] : [requireScope(access)];
    const chain = [...scope, ...(tagged ? [tagContent] : []), ...(request?.body ? body : []), handle];
    app.on([method.toUpperCase()], [...patternsOf(description)], ...chain);
  }
}
