/** A route of the API: its description and its handler in one place. Everything else about it is derived. */

import type { Handler } from 'hono';
import type { Scope } from '../../config/tenant-policy.ts';
import type { ErrorCode } from '../../core/errors.ts';
import type { EdgeEnv } from '../http/env.ts';
import type { Services } from '../services.ts';
import type { Request, Responses } from './description.ts';
import type { HeaderName } from './headers.ts';
import type { RequestHeader } from './request-headers.ts';

/**
 * Cost class of a request. `none`: answers without the engine; `inference`: runs the model once for each row;
 * `plan`: compiles graphs, but runs nothing; `explanation`: runs the model as often as the method needs; `upload`: reads
 * and compiles a model.
 */
export type CostClass = 'none' | 'inference' | 'plan' | 'explanation' | 'upload';

/** Credential that a route demands: a scope, `key` for any valid key, or `open` for none. */
export type Access = Scope | 'key' | 'open';

export interface RouteDescription {
  /** Id of the operation (`operationId`), from which generators of clients make the names of functions. */
  readonly id: string;
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** Path template as OpenAPI writes it: `/v2/models/{model}`. */
  readonly path: `/${string}`;
  /** True if the path also exists for a version of the model: `/v2/models/{model}/versions/{version}...`. */
  readonly versioned?: boolean;
  /** Path pattern of Hono, where the template does not translate to one. */
  readonly pattern?: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  readonly cost: CostClass;
  readonly request?: Request;
  /** Request headers that change the answer. */
  readonly requestHeaders?: readonly RequestHeader[];
  /** Successful responses by status; problems are added to every route, see `problemCodes`. */
  readonly responses: Responses;
  /** Problems beside those that follow from access, body and cost. */
  readonly problems?: readonly ErrorCode[];
  /** Headers that successful responses may have. */
  readonly headers?: readonly HeaderName[];
  /** True if the answer gets an entity tag of its content, so that a client may ask whether it has changed. */
  readonly tagged?: boolean;
  /** True for a route that is no part of the public API. */
  readonly internal?: boolean;
}

export interface Route<D extends RouteDescription = RouteDescription> {
  readonly description: D;
  /** Makes the handler; undefined on a server that lacks what the route needs, which then does not serve it. */
  readonly handler: (services: Services) => Handler<EdgeEnv> | undefined;
}

/**
 * Defines a route.
 *
 * @example
 * export const ready = defineRoute(
 *   {
 *     id: 'checkModel',
 *     method: 'get',
 *     path: '/v2/models/{model}/ready',
 *     tag: 'models',
 *     summary: 'Reports whether a model can be used.',
 *     access: 'key',
 *     cost: 'none',
 *     responses: answer(schemas.ready, 'The model can be used.'),
 *   },
 *   (services) => async (c) => c.json({ ready: true }),
 * );
 */
export const defineRoute = <const D extends RouteDescription>(description: D, handler: Route['handler']): Route<D> => ({
  description,
  handler,
});

/** Id of the operation at one of the paths of a route: those of versions end in `Version`. */
export const operationIdOf = ({ id, path }: RouteDescription, at: string): string =>
  at === path ? id : `${id}Version`;

/** Lists the path templates of a route. */
export const pathsOf = ({ path, versioned }: Pick<RouteDescription, 'path' | 'versioned'>): readonly string[] =>
  versioned ? [path, path.replace('{model}', '{model}/versions/{version}')] : [path];

/** Lists the path patterns of a route, as Hono writes them. The root of a protocol may end in a slash. */
export const patternsOf = (
  description: Pick<RouteDescription, 'path' | 'pattern' | 'versioned'>,
): readonly string[] => {
  const { path, pattern } = description;
  if (pattern !== undefined) return [pattern];
  if (/^\/v\d$/.test(path)) return [path, `${path}/`];
  return pathsOf(description).map((one) => one.replace(/\{(\w+)\}/g, ':$1'));
};
