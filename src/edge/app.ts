/** The HTTP app with every route loaded from the start, for Node and for Workers that are bundled into one file. */
import type { Hono } from 'hono';
import { adminRoutes } from './admin/routes/index.ts';
import { appOfRoutes, type RouteTable } from './app-of-routes.ts';
import type { EdgeEnv } from './http/env.ts';
import { keyRoutes, openRoutes, originRoutes } from './routes/index.ts';
import type { Services } from './services.ts';

const descriptionsOf = (routes: readonly (typeof openRoutes | typeof keyRoutes | typeof adminRoutes)[number][]) =>
  routes.map(({ description }) => description);

const ROUTES: Omit<RouteTable, 'originRoutes'> = {
  ...{ openRoutes, keyRoutes, adminRoutes },
  descriptions: async () => ({
    open: descriptionsOf([...openRoutes, ...keyRoutes]),
    admin: descriptionsOf(adminRoutes),
  }),
};

/**
 * Makes the app. The server passes an execution context with `waitUntil` to `app.fetch(request, env, context)`.
 * @see src/edge/routes/index.ts for the routes
 */
export const createApp = (services: Services): Hono<EdgeEnv> => appOfRoutes(services, { ...ROUTES, originRoutes });

/** Makes the app of a Worker, which is no origin. */
export const createWorkerApp = (services: Services): Hono<EdgeEnv> =>
  appOfRoutes(services, { ...ROUTES, originRoutes: [] });
