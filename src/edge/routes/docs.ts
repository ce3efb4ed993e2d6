import { Hono } from 'hono';
import { renderApi, STYLE } from '#api-page';
import type { EdgeEnv } from '../http/env.ts';
import { openApiDocument } from '../openapi/document.ts';
import type { RouteDescription } from '../openapi/route.ts';

const CACHE_CONTROL = 'public, max-age=3600';

/**
 * Serves the OpenAPI document and a page that shows it. Both are open, as they reveal nothing of any tenant.
 * @param basePath path that the app is served under; empty for the root
 * @param hasSite true where the site of the documents is served beside it
 */
export const docsRoutes = (descriptions: readonly RouteDescription[], basePath: string, hasSite: boolean) => {
  const document = once(() => openApiDocument(descriptions, basePath));
  const page = once(() => renderApi(document()));
  const policy = once(pagePolicy);
  return new Hono<EdgeEnv>()
    .get('/openapi.json', (c) => {
      c.header('Cache-Control', CACHE_CONTROL);
      return c.json(document());
    })
    .get('/docs', (c) => c.redirect(`${basePath}/docs/${hasSite ? '' : 'api'}`, 302))
    .get('/docs/api', async (c) => {
      c.set('pagePolicy', await policy());
      c.header('Cache-Control', CACHE_CONTROL);
      return c.html(page());
    });
};

/** Content-Security-Policy of the page, which loads nothing and runs nothing: its own style element only. */
async function pagePolicy(): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(STYLE));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; frame-ancestors 'none'`;
}

/** A function that computes its value when it is first called. */
function once<T>(compute: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: compute() };
    return made.value;
  };
}
