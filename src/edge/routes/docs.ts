import { OpenAPIHono } from '@hono/zod-openapi';
import { type Context, Hono } from 'hono';
import { adminRoutes } from '../admin/routes.ts';
import { DOCS_PAGE, DOCS_SCRIPT, DOCS_STYLE } from '../openapi/docs-page.ts';
import { paths } from '../openapi/paths.ts';
import type { EdgeEnv, Services } from '../services.ts';
import { SERVER } from './server.ts';

/** Nothing on the page comes from anywhere else. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The OpenAPI document and a page that shows it: open to everybody, as they tell nothing of any tenant. */
export const docsRoutes = (services: Services) => {
  let document: ReturnType<typeof documentOf> | undefined;
  const serve = (body: string, type: string) => (c: Context<EdgeEnv>) => {
    c.set('pagePolicy', POLICY);
    return c.body(body, 200, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'public, max-age=3600' });
  };
  return new Hono<EdgeEnv>()
    .get('/openapi.json', (c) => {
      document ??= documentOf(services);
      c.header('Cache-Control', 'public, max-age=3600');
      return c.json(document as object);
    })
    .get('/docs', serve(DOCS_PAGE, 'text/html'))
    .get('/docs/script.js', serve(DOCS_SCRIPT, 'text/javascript'))
    .get('/docs/style.css', serve(DOCS_STYLE, 'text/css'));
};

function documentOf(services: Services) {
  const app = new OpenAPIHono<EdgeEnv>();
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, or a token of the issuer that the tenant trusts.',
  });
  for (const path of paths) app.openAPIRegistry.registerPath(path);
  app.route('/', adminRoutes(services));
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'whylight',
      version: SERVER.version,
      description: 'Predictions, and which parts of the input caused them.',
    },
    security: [{ key: [] }, {}],
  });
}
