/**
 * Errors on the wire: RFC 9457 problem details with a stable `code`, and the member `error` that clients of the KServe
 * and Open Inference protocols read.
 */
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ERROR_CODES, type ErrorCode, WhylightError } from '../../core/errors.ts';
import { linkTo } from './base-path.ts';
import type { EdgeEnv } from './env.ts';
import { type BodyPositions, type Violation, violationsIn } from './violations.ts';

/** HTTP status of each error code. */
export const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 400,
  invalid_tensor: 400,
  invalid_image: 400,
  invalid_model: 422,
  invalid_config: 500,
  unsupported_media_type: 415,
  not_acceptable: 406,
  not_found: 404,
  method_not_allowed: 405,
  unauthorized: 401,
  forbidden: 403,
  method_not_enabled: 403,
  model_not_found: 404,
  method_not_found: 404,
  layer_not_found: 404,
  model_needed: 409,
  model_damaged: 502,
  storage_damaged: 502,
  label_not_found: 404,
  payload_too_large: 413,
  range_not_satisfiable: 416,
  unprocessable_method: 422,
  budget_exceeded: 422,
  compilation_limit: 422,
  precondition_failed: 412,
  conflict: 409,
  overloaded: 503,
  rate_limited: 429,
  not_differentiable: 501,
  unsupported_operator: 501,
  method_failed: 500,
  deadline_exceeded: 504,
  request_timeout: 408,
  aborted: 499,
  origin_unavailable: 503,
  origin_timeout: 504,
  origin_error: 502,
  engine_failure: 500,
  internal: 500,
};

export interface Problem {
  /** A URI reference that names the kind of problem. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Request id. */
  readonly instance?: string;
  readonly code: ErrorCode;
  /** The detail once more, for clients of the inference protocols. */
  readonly error: string;
  readonly errors?: readonly Violation[];
  readonly [extension: string]: unknown;
}

/** Members of a problem that error details must not overwrite. */
const RESERVED = new Set(['type', 'title', 'status', 'detail', 'instance', 'code', 'error', 'errors', 'issues']);

/**
 * Converts an error to a problem. The message and details of a server fault stay in the log: only its code, the
 * constant title of the code and the request id are sent.
 * @param instance request id
 * @param positions positions in the request's body
 */
export function problemOf(error: unknown, instance?: string, positions?: BodyPositions): Problem {
  const known = asWhylightError(error);
  const { code } = known;
  const status = STATUS[code] ?? 500;
  const isServerFault = status === 500;
  const title = titleOf(code);
  const detail = isServerFault ? `${title}. The log has the reason under this request id.` : known.message;
  const extensions = isServerFault ? {} : extensionsOf(known, positions);
  return {
    type: `urn:whylight:problem:${code}`,
    title,
    status,
    detail,
    ...(instance !== undefined && { instance }),
    code,
    error: detail,
    ...extensions,
  };
}

/** Error handler of Hono: logs faults of the server and of its stores, and answers with the problem. */
export function onError(error: Error, c: Context<EdgeEnv>): Response {
  const known = asWhylightError(error);
  const { cause } = known;
  // Addresses of servers behind this one are in causes, never in the message that clients see.
  if ((known.code.startsWith('origin_') || known.details.upstream_status !== undefined) && cause instanceof Error) {
    c.get('log')('warn', 'a server behind this one failed', {
      code: known.code,
      detail: known.message,
      reason: cause.message,
    });
  }
  if (known.code.endsWith('_damaged') || (STATUS[known.code] ?? 500) === 500) {
    const { name, message, stack } = (known.cause ?? error) as Error;
    c.get('log')('error', 'request failed', {
      code: known.code,
      detail: known.message,
      name,
      reason: message,
      stack,
    });
  }
  return problemResponse(c, known);
}

/** Not-found handler of Hono. */
export function onNotFound(c: Context<EdgeEnv>): Response {
  const error = new WhylightError(
    'not_found',
    `There is nothing at ${linkTo(c, c.req.path)}. GET ${linkTo(c, '/openapi.json')} lists the paths of this server.`,
    {
      path: c.req.path,
    },
  );
  return problemResponse(c, error);
}

/**
 * Answers a known path with another HTTP method than it has: OPTIONS, which asks for them, and otherwise 405. The methods
 * are in `Allow` (RFC 9110, 9.3.7 and 15.5.6).
 */
export function onMethodNotAllowed(c: Context<EdgeEnv>, allowed: readonly string[]): Response {
  if (c.req.method === 'OPTIONS') return c.body(null, 204, { Allow: [...allowed, 'OPTIONS'].join(', ') });
  const allow = allowed.join(', ');
  const error = new WhylightError(
    'method_not_allowed',
    `${c.req.method} is not allowed at ${c.req.path}: use ${allow}.`,
    {
      allowed,
    },
  );
  return problemResponse(c, error, { Allow: allow });
}

/** Media type of RFC 9457. */
export const PROBLEM_TYPE = 'application/problem+json';

/** True for a path of the inference protocols, whose clients read errors only where they are `application/json`. */
export const isProtocolPath = (path: string): boolean => /^\/v[12](\/|$)/.test(path);

/** The media type of a problem: that of RFC 9457, except for a client of the protocols that does not ask for it. */
function typeOf(c: Context<EdgeEnv>): string {
  const asksForProblem = c.req.header('Accept')?.toLowerCase().includes(PROBLEM_TYPE) ?? false;
  return isProtocolPath(c.req.path) && !asksForProblem ? 'application/json' : PROBLEM_TYPE;
}

function problemResponse(c: Context<EdgeEnv>, error: WhylightError, headers: Record<string, string> = {}): Response {
  const problem = problemOf(error, c.get('requestId'), c.get('positions'));
  return c.body(JSON.stringify(problem), problem.status as ContentfulStatusCode, {
    'Content-Type': typeOf(c),
    'Cache-Control': 'no-store',
    ...(typeof error.details.retry_after === 'number' && { 'Retry-After': String(error.details.retry_after) }),
    // RFC 9110, 15.5.9: what is left of the body is not waited for.
    ...(problem.status === 408 && { Connection: 'close' }),
    ...(problem.status === 401 && { 'WWW-Authenticate': 'Bearer realm="whylight"' }),
    ...headers,
  });
}

const titleOf = (code: ErrorCode): string => ERROR_CODES[code].replace(/\.$/, '');

function asWhylightError(error: unknown): WhylightError {
  if (WhylightError.is(error)) return error;
  if (error instanceof HTTPException && error.status < 500) {
    const code: ErrorCode =
      error.status === 413 ? 'payload_too_large' : error.status === 415 ? 'unsupported_media_type' : 'invalid_request';
    return new WhylightError(code, error.message || ERROR_CODES[code], {}, { cause: error });
  }
  return new WhylightError('internal', 'Unexpected error.', {}, { cause: error });
}

/** Converts details to members of the problem, and violations to `errors`. */
function extensionsOf(error: WhylightError, positions: BodyPositions | undefined): Record<string, unknown> {
  const errors = violationsIn(error, positions);
  return {
    ...Object.fromEntries(Object.entries(error.details).filter(([name]) => !RESERVED.has(name))),
    ...(errors.length > 0 && { errors }),
  };
}
