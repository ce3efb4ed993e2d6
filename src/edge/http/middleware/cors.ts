import type { MiddlewareHandler } from 'hono';
import { WhylightError } from '../../../core/errors.ts';
import type { EdgeEnv } from '../env.ts';

const ALLOWED_HEADERS = [
  'Authorization',
  'Content-Encoding',
  'Content-Type',
  'X-Api-Key',
  'X-Request-Id',
  'Accept',
  'Cache-Control',
  'Idempotency-Key',
  'Prefer',
  'If-Match',
  'If-None-Match',
  'If-Range',
  'Inference-Header-Content-Length',
  'Range',
  'traceparent',
  'tracestate',
].join(', ');

/**
 * Answers preflight requests. They carry no key, so every origin gets the same answer, which reveals nothing of a tenant;
 * the answer to the request itself decides, see {@link corsByTenant}.
 */
export const preflight: MiddlewareHandler<EdgeEnv> = async function preflight(c, next) {
  const origin = c.req.header('Origin');
  if (c.req.method !== 'OPTIONS' || !origin || !c.req.header('Access-Control-Request-Method')) return next();
  return c.body(null, 204, {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, DELETE',
    'Access-Control-Allow-Headers': ALLOWED_HEADERS,
    'Access-Control-Max-Age': '600',
    Vary: 'Origin',
  });
};

/**
 * Lets pages of the tenant's origins read the answer, and refuses those of others before anything is computed. Requests
 * of the server's own pages, and of clients that are no pages, pass.
 * @param exposed value of `Access-Control-Expose-Headers`
 * @throws WhylightError `forbidden`
 */
export const corsByTenant = (exposed: string): MiddlewareHandler<EdgeEnv> =>
  async function corsByTenant(c, next) {
    c.header('Vary', 'Origin', { append: true });
    const origin = c.req.header('Origin');
    if (origin !== undefined && origin !== new URL(c.req.url).origin) {
      const { origins } = c.get('tenant').cors;
      if (origins !== '*' && !origins.includes(origin)) {
        throw new WhylightError('forbidden', 'Pages of this origin must not use this key.');
      }
      c.header('Access-Control-Allow-Origin', origin);
      c.header('Access-Control-Expose-Headers', exposed);
    }
    await next();
  };
