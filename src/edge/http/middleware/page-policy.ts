import type { MiddlewareHandler } from 'hono';
import type { EdgeEnv } from '../../services.ts';

/** Lets a route that answers with a page say what the page may load, in place of nothing at all: `c.set('pagePolicy', ...)`. */
export const pagePolicy: MiddlewareHandler<EdgeEnv> = async function pagePolicy(c, next) {
  await next();
  const policy = c.get('pagePolicy');
  if (policy !== undefined) c.res.headers.set('Content-Security-Policy', policy);
};
