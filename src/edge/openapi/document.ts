/** The OpenAPI document, derived from the descriptions of routes. */
import { createRoute, OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import { SERVER } from '../version.ts';
import { PATH_EXAMPLES } from './examples.ts';
import { HEADERS, type HeaderName } from './headers.ts';
import { problemResponses } from './problems.ts';
import { headersSchema } from './request-headers.ts';
import { type Access, operationIdOf, pathsOf, type RouteDescription } from './route.ts';

/** Descriptions of path parameters. */
const PARAMETERS: Readonly<Record<string, string>> = {
  model: 'Name of a model.',
  version: 'Version of the model.',
  id: 'Id of a job.',
  method: 'Id of a saliency method.',
  tenant: 'Name of a tenant.',
  key: 'Id of an API key.',
};

/** Descriptions of the groups of operations, in the order of the document. */
export const TAGS: Readonly<Record<string, string>> = {
  server: 'The server itself; no credential is needed.',
  models: 'Models and their predictions, in the Open Inference Protocol (KServe V2).',
  explanations: 'Saliency methods, and which parts of an input caused a prediction.',
  jobs: 'Explanations that run in the background.',
  uploads: 'Versions of models that a tenant brings.',
  'KServe v1': 'The V1 protocol of KServe, with attributions as Vertex AI writes them.',
  admin: 'Tenants, their policies and their keys.',
};

/**
 * Makes the document of the public routes.
 * @param basePath path that the app is served under; empty for the root
 */
export function openApiDocument(descriptions: Iterable<RouteDescription>, basePath = '') {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent('securitySchemes', 'key', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, or a token of an issuer that the tenant trusts.',
  });
  const tags = new Set<string>();
  for (const description of descriptions) {
    if (description.internal) continue;
    tags.add(description.tag);
    for (const path of pathsOf(description)) app.openAPIRegistry.registerPath(createRoute(configOf(description, path)));
  }
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: SERVER.name,
      version: SERVER.version,
      description: 'Predictions, and which parts of the input caused them.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: basePath || '/', description: 'The server that sent this document.' }],
    security: [{ key: [] }, {}],
    tags: [...tags].map((name) => ({ name, description: TAGS[name] ?? name })),
  });
}

function configOf(description: RouteDescription, path: string): RouteConfig {
  const { method, tag, summary, access, cost, request, responses, headers = [], requestHeaders = [] } = description;
  const params = paramsOf(path);
  const sent = headersSchema(requestHeaders);
  return {
    method,
    path,
    operationId: operationIdOf(description, path),
    tags: [tag],
    summary,
    description: description.description ?? summary,
    security: SECURITY[access] ?? [{ key: [] }],
    'x-whylight-access': access,
    'x-whylight-cost': cost,
    request: { ...(params && { params }), ...(sent && { headers: sent }), ...request },
    responses: { ...withHeaders(responses, headers), ...problemResponses(description) },
  };
}

/** Credentials by access. Where the policy of `*` grants a scope, no key is needed; administrators always send one. */
const SECURITY: Readonly<Partial<Record<Access, NonNullable<RouteConfig['security']>>>> = {
  open: [],
  key: [{ key: [] }, {}],
  predict: [{ key: [] }, {}],
  explain: [{ key: [] }, {}],
};

function paramsOf(path: string): z.ZodObject | undefined {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  if (names.length === 0) return undefined;
  const parameter = (name: string) =>
    z
      .string()
      .describe(PARAMETERS[name] ?? name)
      .openapi({ example: PATH_EXAMPLES[name] });
  return z.object(Object.fromEntries(names.map((name) => [name, parameter(name)])));
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
