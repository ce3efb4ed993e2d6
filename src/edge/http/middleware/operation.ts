import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';

/** Returns the path pattern of the route that a request matches, without middleware (patterns with `*`). */
export const operationOf = (c: Context): string | undefined =>
  matchedRoutes(c).findLast(({ path }) => !path.includes('*'))?.path;
