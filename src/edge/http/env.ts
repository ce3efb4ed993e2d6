/** Types of the Hono context: the variables that middleware sets for routes. */
import type { ExecutionContext } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import type { TimingVariables } from 'hono/timing';
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import type { Log } from '../observe/log.ts';
import type { RequestFacts } from '../observe/metrics.ts';
import type { Trace } from '../observe/trace-context.ts';
import type { Caller, Tenant } from '../tenants/tenant.ts';
import type { BodyPositions } from './violations.ts';

/** Facts of a request that routes collect for metrics and logs. */
export type ObservedFacts = { -readonly [F in 'model' | 'method' | 'cache' | 'samples']?: RequestFacts[F] };

/** Variables under `c.get`. */
export interface EdgeEnv {
  Variables: RequestIdVariables &
    TimingVariables & {
      log: Log;
      /** Path that the app is served under; empty for the root. */
      basePath: string;
      /** Trace of this request; `traceHeaders` makes the headers of requests on its behalf. */
      trace: Trace;
      seen: ObservedFacts;
      /** Content-Security-Policy of a page. */
      pagePolicy?: string;
      /** Positions of parameters and inputs in the JSON body, for error pointers. */
      positions?: BodyPositions;
      caller: Caller;
      tenant: Tenant;
    };
}

/** Returns the `waitUntil` of a request's execution context. */
export const waitUntilOf = (c: { readonly executionCtx: ExecutionContext }): WaitUntil => {
  const context = c.executionCtx;
  return (promise) => context.waitUntil(promise);
};
