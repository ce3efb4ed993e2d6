/** Typed client of the HTTP API. Its types are derived from the descriptions of the routes. */
import type { Hono } from 'hono';
import { type ClientRequestOptions, hc } from 'hono/client';
import type { z } from 'zod';
import type { Route, RouteDescription } from './openapi/route.ts';
import type { keyRoutes, openRoutes } from './routes/index.ts';
import type { v1Explain } from './routes/v1-explain.ts';

/** Converts a path template to a pattern: `/v2/models/{model}` to `/v2/models/:model`. */
type Pattern<Path extends string> = Path extends `${infer Before}{${infer Name}}${infer After}`
  ? `${Before}:${Name}${Pattern<After>}`
  : Path;

type Names<Path extends string> = Path extends `${string}{${infer Name}}${infer After}` ? Name | Names<After> : never;

type Params<Path extends string> = [Names<Path>] extends [never]
  ? object
  : { param: { [Name in Names<Path>]: string } };

/** Values of a query are texts; lists are separated by commas. */
type Query<D> = D extends { request: { query: infer S extends z.ZodType } }
  ? { query?: { readonly [Name in keyof z.input<S>]?: string } & { readonly [parameter: string]: string } }
  : object;

type Body<D> = D extends {
  request: { body: { content: { 'application/json': { schema: infer S extends z.ZodType } } } };
}
  ? { json: z.input<S> }
  : object;

type Output<D> = D extends {
  responses: { 200: { content: { 'application/json': { schema: infer S extends z.ZodType } } } };
}
  ? z.output<S>
  : never;

type Endpoint<D extends RouteDescription> = {
  [Method in D['method'] as `$${Method}`]: {
    input: Params<D['path']> & Query<D> & Body<D>;
    output: Output<D>;
    outputFormat: 'json';
    status: 200;
  };
};

/** Descriptions of the routes that answer with JSON. */
type Described = Extract<
  (typeof openRoutes)[number] | (typeof keyRoutes)[number] extends infer R
    ? R extends Route<infer D>
      ? D
      : never
    : never,
  RouteDescription
>;

type Both<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;

/** Routes of the API by path. Images and bytes are sent with `fetch`. */
export type ApiSchema = {
  [Path in Described['path'] as Pattern<Path>]: Both<
    Described extends infer D ? (D extends RouteDescription & { path: Path } ? Endpoint<D> : never) : never
  >;
} & {
  /** @deprecated Use `/v1/models/:model:explain`; `target` is the model and the verb: `cifar10:explain`. */
  '/v1/models/:target': {
    $post: {
      input: Omit<Endpoint<(typeof v1Explain)['description']>['$post']['input'], 'param'> & {
        param: { target: string };
      };
      output: Output<(typeof v1Explain)['description']>;
      outputFormat: 'json';
      status: 200;
    };
  };
};

type Api = Hono<object, ApiSchema, '/'>;

/** Options of {@link client}: an API key, and those of Hono's client (`fetch`, `headers`, `init`). */
export interface ClientOptions extends ClientRequestOptions {
  /** API key or token. */
  readonly key?: string;
}

/**
 * Makes a client. An answer has `json()`; one that is not `ok` holds a problem (RFC 9457).
 * @param url URL of the server, such as `https://whylight.example.com`
 *
 * @example
 * import { client } from 'whylight/client';
 * const api = client('https://whylight.example.com', { key });
 * const answer = await api.v2.models[':model'].explain.$post({ param: { model: 'cifar10' }, json: request });
 * @see docs/api.md
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function client(url: string, { key, ...options }: ClientOptions = {}): ReturnType<typeof hc<Api>> {
  const headers = key === undefined ? {} : { headers: { Authorization: `Bearer ${key}` } };
  return hc<Api>(url, { ...headers, ...options });
}
