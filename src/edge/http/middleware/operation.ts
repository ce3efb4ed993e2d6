import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';

/** The path, without the names in it, of the operation that a request is for; what is in `*` is only passed on the way. */
export const operationOf = (c: Context): string | undefined =>
  matchedRoutes(c).findLast(({ path }) => !path.includes('*'))?.path;
