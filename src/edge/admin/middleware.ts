/** Middleware of the admin API. */
import type { MiddlewareHandler } from 'hono';
import type { EdgeEnv } from '../http/env.ts';
import { refuseAbove } from '../http/middleware/limit-body.ts';

const MAX_BODY = 256 * 1024;

/** Refuses bodies above 256 KiB. */
export const limitAdminBody = refuseAbove(MAX_BODY);

/** Keeps answers out of every cache. */
export const neverStore: MiddlewareHandler<EdgeEnv> = async function neverStore(c, next) {
  c.header('Cache-Control', 'no-store');
  await next();
};
