/** A client of the HTTP API with types, by `hono/client`: `client(url).v2.models[':model'].explain.$post(...)`. */
import type { Hono } from 'hono';
import { type ClientRequestOptions, hc } from 'hono/client';
import type { z } from 'zod';
import type * as schemas from './openapi/schemas.ts';

type Answer<Input, Output> = { input: Input; output: Output; outputFormat: 'json'; status: 200 };
type Get<S extends z.ZodType, Input = object> = { $get: Answer<Input, z.output<S>> };
type Post<S extends z.ZodType, Input> = { $post: Answer<Input, z.output<S>> };

/** Values of a query are texts; lists have commas between. */
type Query<S extends z.ZodObject> = { readonly [K in keyof z.input<S>]?: string } & {
  readonly [parameter: string]: string;
};

type OfModel = { param: { model: string } };
type Asked = OfModel & {
  json: z.input<typeof schemas.inferenceRequest>;
  query?: Query<typeof schemas.explainQuery>;
};
type Instances = { param: { target: string }; json: z.input<typeof schemas.v1Request>; query?: Record<string, string> };

/** What there is to ask for JSON; pictures and bytes are sent with `fetch`. */
export type ApiSchema = {
  '/v2': Get<typeof schemas.server>;
  '/v2/health/ready': Get<typeof schemas.health>;
  '/v2/models': Get<typeof schemas.models>;
  '/v2/models/:model': Get<typeof schemas.model, OfModel>;
  '/v2/models/:model/infer': Post<typeof schemas.inferenceResponse, Asked>;
  '/v2/models/:model/explain': Post<typeof schemas.inferenceResponse, Asked>;
  '/v2/models/:model/explain/estimate': Post<typeof schemas.estimate, Asked>;
  '/v2/models/:model/compare': Post<typeof schemas.inferenceResponse, Asked>;
  '/v2/methods': Get<typeof schemas.methods>;
  '/v2/methods/:method': Get<typeof schemas.method, { param: { method: string } }>;
  '/v1/models': Get<typeof schemas.v1Models>;
  /** `target` is the model and what is asked of it: `cifar10:explain`. */
  '/v1/models/:target': Post<typeof schemas.v1Explanations, Instances>;
};

type Api = Hono<object, ApiSchema, '/'>;

export interface ClientOptions extends ClientRequestOptions {
  /** API key or token. */
  readonly key?: string;
}

/**
 * @param url of the server, such as `https://whylight.example.com`
 * @returns answers with `json()`; those that are not `ok` hold a problem (RFC 9457)
 */
export function client(url: string, { key, ...options }: ClientOptions = {}): ReturnType<typeof hc<Api>> {
  const headers = key === undefined ? {} : { headers: { Authorization: `Bearer ${key}` } };
  return hc<Api>(url, { ...headers, ...options });
}
