import { Hono } from 'hono';
import type { EdgeEnv } from '../http/env.ts';
import type { RouteDescription } from '../openapi/route.ts';

const CACHE_CONTROL = 'public, max-age=3600';

/**
 * Serves the OpenAPI document and a page that shows it. Both are open, as they reveal nothing of any tenant.
 * @param descriptions returns the descriptions of the routes
 * @param basePath path that the app is served under; empty for the root
 * @param hasSite true where the site of the documents is served beside it
 * @param imageTypes media types of images that are decoded; all that there are when left out
 */
export const docsRoutes = (
  descriptions: () => Promise<readonly RouteDescription[]>,
  basePath: string,
  hasSite: boolean,
  imageTypes?: readonly string[],
) => {
  // The promises are never kept: one of another request may not settle in a Worker.
  const document = once(async () =>
    (await import('../openapi/document.ts')).openApiDocument(await descriptions(), basePath, imageTypes),
  );
  const page = once(async () => (await import('#api-page')).renderApi(await document()));
  const policy = once(pagePolicy);
  return new Hono<EdgeEnv>()
    .get('/openapi.json', async (c) => {
      c.header('Cache-Control', CACHE_CONTROL);
      return c.json(await document());
    })
    .get('/docs', (c) => c.redirect(`${basePath}/docs/${hasSite ? '' : 'api'}`, 302))
    .get('/docs/api', async (c) => {
      c.set('pagePolicy', await policy());
      c.header('Cache-Control', CACHE_CONTROL);
      return c.html(await page());
    });
};

/** Content-Security-Policy of the page, which loads nothing and runs nothing: its own style element only. */
async function pagePolicy(): Promise<string> {
  const { STYLE } = await import('#api-page');
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(STYLE));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; frame-ancestors 'none'`;
}

/** A function that computes its value when it is first called. */
function once<T>(compute: () => Promise<T>): () => Promise<T> {
  let made: { readonly value: T } | undefined;
  return async () => {
    made ??= { value: await compute() };
    return made.value;
  };
}
