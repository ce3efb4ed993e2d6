import { type Context, Hono } from 'hono';
import type { EdgeEnv } from '../http/env.ts';
import { DOCS_PAGE, DOCS_SCRIPT, DOCS_STYLE } from '../openapi/docs-page.ts';
import { openApiDocument } from '../openapi/document.ts';
import type { RouteDescription } from '../openapi/route.ts';

/** Content-Security-Policy of the page: everything on it comes from this server. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";
const CACHE_CONTROL = 'public, max-age=3600';

/** Serves the OpenAPI document and a page that shows it. Both are open, as they reveal nothing of any tenant. */
export const docsRoutes = (descriptions: readonly RouteDescription[]) => {
  let document: object | undefined;
  const serve = (body: string, type: string) => (c: Context<EdgeEnv>) => {
    c.set('pagePolicy', POLICY);
    return c.body(body, 200, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': CACHE_CONTROL });
  };
  return new Hono<EdgeEnv>()
    .get('/openapi.json', (c) => {
      document ??= openApiDocument(descriptions);
      c.header('Cache-Control', CACHE_CONTROL);
      return c.json(document);
    })
    .get('/docs', serve(DOCS_PAGE, 'text/html'))
    .get('/docs/script.js', serve(DOCS_SCRIPT, 'text/javascript'))
    .get('/docs/style.css', serve(DOCS_STYLE, 'text/css'));
};
