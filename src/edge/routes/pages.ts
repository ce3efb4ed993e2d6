/** The playground: the one part of the server that is a page, with the headers that a page needs. */
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { EdgeEnv, Services } from '../services.ts';

/** Where its files lie among the assets, and in paths. */
const FOLDER = '/playground/';

/** Nothing comes from elsewhere and nothing goes elsewhere. WebAssembly is for explanations that are computed in the page. */
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
  permissionsPolicy: { camera: ['self' as const], microphone: [], geolocation: [] },
  referrerPolicy: 'no-referrer',
  xFrameOptions: 'DENY',
};

/** `GET /` and what the page loads. Its paths are the only assets that are public: models lie beside them. */
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
    // Names of files in this folder carry a digest of their content.
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
