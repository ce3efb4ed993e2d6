import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { EdgeEnv } from '../http/env.ts';
import type { Services } from '../services.ts';

/** Folder of the playground's files, in paths and among the assets. */
const FOLDER = '/playground/';

/** Policy of the page: it loads from this server and sends to it only. WebAssembly is for explanations in the page. */
const HEADERS = {
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
    workerSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'blob:', 'data:'],
    mediaSrc: ["'self'", 'blob:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  permissionsPolicy: { camera: ['self' as const], microphone: ['self' as const], geolocation: [] },
  referrerPolicy: 'no-referrer',
  xFrameOptions: 'DENY',
};

/** Serves the playground: `GET /` and the page's files. No other assets are public, since models are among them. */
export function pageRoutes(pages: NonNullable<Services['pages']>) {
  const headers = secureHeaders(HEADERS);
  const routes = new Hono<EdgeEnv>().use('/', headers).use(`${FOLDER}*`, headers);
  routes.get('/', async (c) => {
    const response = await pages(FOLDER, c.req.raw.headers);
    return new Response(response.body, withCache(response, 'no-cache'));
  });
  routes.get(`${FOLDER}*`, async (c, next) => {
    const response = await pages(c.req.path, c.req.raw.headers);
    if (response.status === 404) {
      await response.body?.cancel();
      return next();
    }
    // File names in this folder contain a digest of the content.
    const fixed = c.req.path.startsWith(`${FOLDER}files/`);
    return new Response(response.body, withCache(response, fixed ? 'public, max-age=31536000, immutable' : 'no-cache'));
  });
  return routes;
}

function withCache({ status, headers }: Response, cacheControl: string): ResponseInit {
  const own = new Headers(headers);
  own.set('Cache-Control', cacheControl);
  return { status, headers: own };
}
