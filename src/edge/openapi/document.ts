/** The OpenAPI document, derived from the descriptions of routes. */
import * as z from 'zod';
import { IMAGE_TYPES } from '../../core/image/formats.ts';
import { SERVER } from '../version.ts';
import { Components } from './components.ts';
import type { Content, Responses } from './description.ts';
import { PATH_EXAMPLES } from './examples.ts';
import { HEADERS, type HeaderName } from './headers.ts';
import type { ApiDocument } from './page-data.ts';
import { problemResponses } from './problems.ts';
import { headersSchema } from './request-headers.ts';
import { type Access, operationIdOf, pathsOf, type RouteDescription } from './route.ts';

/** The members of the document that this project reads. */
export interface OpenApiDocument extends ApiDocument {
  readonly openapi: '3.1.0';
  readonly info: ApiDocument['info'] & { readonly license: object };
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly components: { readonly securitySchemes: object; readonly schemas: Readonly<Record<string, unknown>> };
  readonly servers: readonly object[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
}

type Security = readonly Readonly<Record<string, readonly string[]>>[];

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
 * @param imageTypes media types of images that are decoded
 */
export function openApiDocument(
  descriptions: Iterable<RouteDescription>,
  basePath = '',
  imageTypes: readonly string[] = IMAGE_TYPES,
): OpenApiDocument {
  const components = new Components();
  const tags = new Set<string>();
  const paths: Record<string, Record<string, object>> = {};
  for (const listed of descriptions) {
    if (listed.internal) continue;
    const description = withImageTypes(listed, imageTypes);
    tags.add(description.tag);
    for (const path of pathsOf(description)) {
      paths[path] = { ...paths[path], [description.method]: operationOf(description, path, components) };
    }
  }
  return {
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
    components: { securitySchemes: { key: KEY }, schemas: components.schemas },
    paths,
  };
}

const KEY = {
  type: 'http',
  scheme: 'bearer',
  description: 'An API key, or a token of an issuer that the tenant trusts.',
} as const;

function operationOf(description: RouteDescription, path: string, components: Components): object {
  const { tag, summary, access, cost, request = {}, responses, headers = [], requestHeaders = [] } = description;
  const parameters = [
    ...parametersOf('path', paramsOf(path), components),
    ...parametersOf('query', request.query, components),
    ...parametersOf('header', headersSchema(requestHeaders), components),
  ];
  const all = { ...withHeaders(responses, headers), ...problemResponses(description) };
  return {
    operationId: operationIdOf(description, path),
    tags: [tag],
    summary,
    description: description.description ?? summary,
    security: SECURITY[access] ?? [{ key: [] }],
    'x-whylight-access': access,
    'x-whylight-cost': cost,
    ...(parameters.length > 0 && { parameters }),
    ...(request.body && { requestBody: withSchemas(request.body, components) }),
    responses: Object.fromEntries(
      Object.entries(all).map(([status, response]) => [status, withSchemas(response, components)]),
    ),
  };
}

/** Leaves out images in the body of a request that are not decoded. */
function withImageTypes(description: RouteDescription, imageTypes: readonly string[]): RouteDescription {
  const { request } = description;
  if (!request?.body) return description;
  const content = Object.entries(request.body.content).filter(
    ([type]) => !type.startsWith('image/') || imageTypes.includes(type),
  );
  return { ...description, request: { ...request, body: { ...request.body, content: Object.fromEntries(content) } } };
}

/** A body or a response, its schemas as JSON Schema. */
const withSchemas = <T extends { readonly content?: Content }>({ content, ...rest }: T, components: Components) => ({
  ...rest,
  ...(content && {
    content: Object.fromEntries(
      Object.entries(content).map(([type, { schema, ...media }]) => [
        type,
        { schema: components.schemaOf(schema), ...media },
      ]),
    ),
  }),
});

/** Parameters in one place of a request, one for each member of the schema. */
function parametersOf(place: 'path' | 'query' | 'header', schema: z.ZodObject | undefined, components: Components) {
  if (!schema) return [];
  const { properties = {}, required = [] } = components.schemaOf(schema) as {
    readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    schema: property,
    required: place === 'path' || required.includes(name),
    ...(property.description !== undefined && { description: property.description }),
    name,
    in: place,
  }));
}

/** Credentials by access. Where the policy of `*` grants a scope, no key is needed; administrators always send one. */
const SECURITY: Readonly<Partial<Record<Access, Security>>> = {
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
      .meta({ example: PATH_EXAMPLES[name] });
  return z.object(Object.fromEntries(names.map((name) => [name, parameter(name)])));
}

/** Adds headers to the successful responses. */
function withHeaders(responses: Responses, names: readonly HeaderName[]): Responses {
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
