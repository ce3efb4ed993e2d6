import type { Context, MiddlewareHandler } from 'hono';
import { WhylightError } from '../../../core/errors.ts';
import type { EdgeEnv } from '../../services.ts';

/** What a page may read of an answer, beside what every page may. */
const EXPOSED = [
  'ETag',
  'Inference-Header-Content-Length',
  'Location',
  'Preference-Applied',
  'Retry-After',
  'Server-Timing',
  'X-Request-Id',
  'X-Whylight-Cache',
  'X-Whylight-Label',
  'X-Whylight-Probability',
  'X-Whylight-Route',
  'X-Whylight-Route-Reason',
  'X-Whylight-Score',
  'X-Whylight-Target',
].join(', ');

/**
 * Answers preflight requests, which carry no key, in the same way for everybody: it tells nothing of any tenant. What
 * counts is said by the answer to the request itself, see {@link corsByTenant}.
 */
export const preflight: MiddlewareHandler<EdgeEnv> = async function preflight(c, next) {
  const origin = c.req.header('Origin');
  if (c.req.method !== 'OPTIONS' || !origin || !c.req.header('Access-Control-Request-Method')) return next();
  return c.body(null, 204, {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, DELETE',
    'Access-Control-Allow-Headers':
      'Authorization, Content-Encoding, Content-Type, X-Api-Key, X-Request-Id, Accept, Cache-Control, Idempotency-Key, Prefer, If-Match, If-None-Match, Inference-Header-Content-Length, traceparent',
    'Access-Control-Max-Age': '600',
    Vary: 'Origin',
  });
};

/**
 * Lets pages of the tenant's origins read the answer, and refuses those of others before anything is computed. A page of
 * our own, and what is no page, has nothing to do with it.
 * @throws WhylightError `forbidden`
 */
export const corsByTenant: MiddlewareHandler<EdgeEnv> = async function corsByTenant(c, next) {
  c.header('Vary', 'Origin', { append: true });
  const origin = c.req.header('Origin');
  if (origin !== undefined && origin !== new URL(c.req.url).origin) {
    const { origins } = c.get('tenant').cors;
    if (origins !== '*' && !origins.includes(origin)) {
      throw new WhylightError('forbidden', 'Pages of this origin may not use this key.');
    }
    allow(c, origin);
  }
  await next();
};

function allow(c: Context, origin: string): void {
  c.header('Access-Control-Allow-Origin', origin);
  c.header('Access-Control-Expose-Headers', EXPOSED);
}
