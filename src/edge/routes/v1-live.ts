import type { MiddlewareHandler } from 'hono';
import type { EdgeEnv } from '../http/env.ts';

/**
 * Reports at `/` that the server runs, in KServe's V1 protocol. Browsers, which ask for `text/html`, get the page where
 * there is one.
 */
export const v1Live: MiddlewareHandler<EdgeEnv> = async function v1Live(c, next) {
  if (c.req.header('Accept')?.includes('text/html')) return next();
  c.header('Vary', 'Accept');
  return c.json({ status: 'alive' });
};
