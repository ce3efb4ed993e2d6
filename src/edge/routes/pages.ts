import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { EdgeEnv } from '../http/env.ts';
import type { Services } from '../services.ts';

/** Folder of the playground's files, in paths and among the assets. */
const FOLDER = '/playground/';
/** Folder of the documents, in paths and among the assets. */
const SITE = '/docs/';
const API_PAGE = '/docs/api';

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
  // With the opener policy, which is set by default, the page is isolated: its engine may use threads.
  crossOriginEmbedderPolicy: true,
  permissionsPolicy: { camera: ['self' as const], microphone: ['self' as const], geolocation: [] },
  referrerPolicy: 'no-referrer',
  xFrameOptions: 'DENY',
};

/** Policy of the documents, which run their search and load its index. */
const SITE_HEADERS = {
  ...HEADERS,
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
};

/**
 * Serves the playground (`GET /` and the page's files) and the documents. No other assets are public, since models are
 * among them.
 */
export function pageRoutes(pages: NonNullable<Services['pages']>) {
  const headers = secureHeaders(HEADERS);
  const routes = new Hono<EdgeEnv>().use('/', headers).use(`${FOLDER}*`, headers);
  const siteHeaders = secureHeaders(SITE_HEADERS);
  // The page of the API has a policy of its own.
  routes.use(`${SITE}*`, (c, next) => (c.req.path === API_PAGE ? next() : siteHeaders(c, next)));
  routes.get('/', async (c) => {
    const response = await pages(FOLDER, c.req.raw.headers);
    return new Response(response.body, withCache(response, 'no-cache'));
  });
  routes.get(`${FOLDER}*`, async (c, next) => {
    // File names in this folder contain a digest of the content.
    const fixed = c.req.path.startsWith(`${FOLDER}files/`);
    const policy = fixed ? 'public, max-age=31536000, immutable' : 'no-cache';
    return (await assetOf(pages, c.req.path, c.req.raw.headers, policy)) ?? next();
  });
  routes.get(`${SITE}*`, async (c, next) => {
    // The store of assets has pages without their extension.
    const path = c.req.path.replace(/(\/index)?\.html$/, (_, index) => (index === undefined ? '' : '/'));
    // Without the slash relative links would lead elsewhere: the next route redirects.
    if (path === API_PAGE || `${path}/` === SITE) return next();
    return (await assetOf(pages, path, c.req.raw.headers, 'public, max-age=3600')) ?? next();
  });
  return routes;
}

/** A file among the assets; undefined where there is none. */
async function assetOf(
  pages: NonNullable<Services['pages']>,
  path: string,
  headers: Headers,
  cacheControl: string,
): Promise<Response | undefined> {
  const response = await pages(path, headers);
  if (response.status !== 404) return new Response(response.body, withCache(response, cacheControl));
  await response.body?.cancel();
  return undefined;
}

function withCache({ status, headers }: Response, cacheControl: string): ResponseInit {
  const own = new Headers(headers);
  own.set('Cache-Control', cacheControl);
  return { status, headers: own };
}
