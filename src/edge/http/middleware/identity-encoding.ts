import type { MiddlewareHandler } from 'hono';
import type { EdgeEnv } from '../env.ts';

/**
 * Keeps a proxy before the Worker from compressing answers to aiohttp. Triton's asyncio client is built on it, and lets
 * it announce gzip, but reads metadata and errors without decompressing them. `no-transform` is what the standard has for
 * this (RFC 9110, 7.7); the local simulation of Cloudflare compresses unless there is a `Content-Encoding`.
 */
export const identityEncoding: MiddlewareHandler<EdgeEnv> = async function identityEncoding(c, next) {
  await next();
  if (!c.req.header('User-Agent')?.includes('aiohttp') || c.res.headers.has('Content-Encoding')) return;
  c.header('Content-Encoding', 'identity');
  c.header('Cache-Control', 'no-transform', { append: true });
};
