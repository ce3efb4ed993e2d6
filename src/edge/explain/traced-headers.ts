/** Headers of requests on behalf of another one. */
import type { Context } from 'hono';
import type { EdgeEnv } from '../http/env.ts';
import { traceHeaders } from '../observe/trace-context.ts';

/** Makes the headers that connect a request to an origin, or a job, with the request that caused it. */
export const tracedHeaders = (c: Context<EdgeEnv>): Readonly<Record<string, string>> => ({
  ...traceHeaders(c.get('trace')),
  'X-Request-Id': c.get('requestId'),
});
