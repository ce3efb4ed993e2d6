/** Routes whose code is loaded by the first request for them. */
import type { Handler } from 'hono';
import type { EdgeEnv } from '../http/env.ts';
import type { MountedRoute } from './mount.ts';
import type { Route } from './route.ts';

/**
 * Makes a route of the facts that it is mounted with.
 * @param load imports the route; the promise is never kept, since one of another request may not settle in a Worker
 */
export const lazyRoute = (facts: MountedRoute['description'], load: () => Promise<Route>): MountedRoute => ({
  description: facts,
  handler(services) {
    let handle: Handler<EdgeEnv> | undefined;
    return async (c, next) => {
      handle ??= (await load()).handler(services);
      return handle ? handle(c, next) : c.notFound();
    };
  },
});
