import type { MiddlewareHandler } from 'hono';
import type { EdgeEnv } from '../env.ts';

/** Applies the Content-Security-Policy that a route with a page sets by `c.set('pagePolicy', ...)`. */
export const pagePolicy: MiddlewareHandler<EdgeEnv> = async function pagePolicy(c, next) {
  await next();
  const policy = c.get('pagePolicy');
  if (policy !== undefined) c.res.headers.set('Content-Security-Policy', policy);
};
