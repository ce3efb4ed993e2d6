/** The OpenAPI document, derived from the descriptions of routes. */
import { createRoute, OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import { SERVER } from '../version.ts';
import { HEADERS, type HeaderName } from './headers.ts';
import { pathsOf, type RouteDescription } from './route.ts';
import { problem } from './schemas.ts';

/** Descriptions of path parameters. */
const PARAMETERS: Readonly<Record<string, string>> = {
  model: 'Name of a model.',
  version: 'Version of the model.',
  id: 'Id of a job.',
  method: 'Id of a saliency method.',
  tenant: 'Name of a tenant.',
  key: 'Id of an API key.',
};

const problems = {
  default: {
    content: { 'application/problem+json': { schema: problem } },
    description: 'A problem (RFC 9457).',
  },
};

/** Makes the document of the public routes. */
export function openApiDocument(descriptions: Iterable<RouteDescription>) {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, or a token of an issuer that the tenant trusts.',
  });
  for (const description of descriptions) {
    if (description.internal) continue;
    for (const path of pathsOf(description)) app.openAPIRegistry.registerPath(createRoute(configOf(description, path)));
  }
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: SERVER.name,
      version: SERVER.version,
      description: 'Predictions, and which parts of the input caused them.',
    },
    security: [{ key: [] }, {}],
  });
}

function configOf(description: RouteDescription, path: string): RouteConfig {
  const { method, tag, summary, access, cost, request, responses, headers = [] } = description;
  const params = paramsOf(path);
  return {
    method,
    path,
    tags: [tag],
    summary,
    ...(description.description !== undefined && { description: description.description }),
    ...(access === 'open' && { security: [] }),
    'x-whylight-access': access,
    'x-whylight-cost': cost,
    request: { ...(params && { params }), ...request },
    responses: { ...withHeaders(responses, headers), ...problems },
  };
}

function paramsOf(path: string): z.ZodObject | undefined {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  if (names.length === 0) return undefined;
  return z.object(Object.fromEntries(names.map((name) => [name, z.string().describe(PARAMETERS[name] ?? name)])));
}

/** Adds headers to the successful responses. */
function withHeaders(responses: RouteConfig['responses'], names: readonly HeaderName[]): RouteConfig['responses'] {
  if (names.length === 0) return responses;
  const headers = Object.fromEntries(
    names.map((name) => [name, { description: HEADERS[name], schema: { type: 'string' as const } }]),
  );
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [
      status,
      status.startsWith('2') ? { ...response, headers } : response,
    ]),
  );
}
