/** What the HTTP app is made of. A composition root (Worker, origin, test) builds it; no route builds anything. */
import type { ExecutionContext } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import type { TimingVariables } from 'hono/timing';
import type { WaitUntil } from '../core/engine/session-cache.ts';
import type { Explainer } from '../core/explainer/explainer.ts';
import type { ImageCodecs } from '../core/image/codecs.ts';
import type { InFlight } from './cache/in-flight.ts';
import type { ResultCache } from './cache/result-cache.ts';
import type { Rates } from './http/middleware/limit-rate.ts';
import type { Places } from './http/violations.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { ModelCatalogue } from './models/catalogue.ts';
import type { Log } from './observe/log.ts';
import type { Metrics, RequestFacts } from './observe/metrics.ts';
import type { Trace } from './observe/trace-context.ts';
import type { OriginRunner } from './origin/origin-runner.ts';
import type { OriginSide } from './routes/origin.ts';
import type { TenantDirectory } from './tenants/directory.ts';
import type { Ledger } from './tenants/ledger.ts';
import type { Caller, Tenant } from './tenants/tenant.ts';

export interface Services {
  readonly explainer: Explainer;
  readonly models: ModelCatalogue;
  readonly tenants: TenantDirectory;
  /** Where tenants are changed; without one they are as plugins.config.json says, and there is no admin API. */
  readonly ledger?: Ledger;
  /** What counts requests; without them `requests_per_minute` is not enforced. */
  readonly rates?: Rates;
  readonly cache: ResultCache;
  readonly inFlight: InFlight<Uint8Array>;
  readonly codecs: ImageCodecs;
  readonly log: Log;
  /** Where requests are counted; nowhere when left out. */
  readonly metrics?: Metrics;
  readonly limits: Limits;
  /** Files of the playground by path, as the headers of the request want them; no page is served without it. */
  readonly pages?: (path: string, headers: Headers) => Promise<Response>;
  /** For pictures that a request names by their address. */
  readonly fetch: typeof fetch;
  /** Where heavy runs go; without it they are refused. */
  readonly origin?: OriginRunner;
  /** Where runs wait that nobody waits for. */
  readonly jobs?: Jobs;
  /** False once the server is about to stop: it is not ready then. Always true when left out. */
  readonly accepting?: () => boolean;
  /** Set where this server is an origin itself, without the limits of an isolate. */
  readonly asOrigin?: OriginSide;
  /** What webhooks are signed with, see `webhookSecret`; without it there are none. */
  readonly webhookSecret?: string;
  /** Lets other requests have a turn between two batches. */
  readonly pause?: () => Promise<void>;
}

/** Rows that one request may evaluate at an origin or as a job. */
export const MOST_SAMPLES = 200_000;

export interface Limits {
  /** Bytes of a request body. */
  readonly maxBody: number;
  /** Of a picture, as its header says. */
  readonly maxPixels: number;
  /** Rows that one request may evaluate here. */
  readonly maxSamples: number;
  /** Milliseconds that a request may compute here. */
  readonly edgeMs: number;
  /** Bytes that the engine may take here. */
  readonly edgeBytes: number;
}

/** What middleware leaves for the routes, under `c.get`. */
export interface EdgeEnv {
  Variables: RequestIdVariables &
    TimingVariables & {
      log: Log;
      /** For requests that we make on behalf of this one: `traceHeaders`. */
      trace: Trace;
      /** What routes have found out that metrics and logs should know. */
      seen: { -readonly [F in 'model' | 'method' | 'cache' | 'samples']?: RequestFacts[F] };
      /** Content-Security-Policy of a page. */
      pagePolicy?: string;
      /** Where things stand in the JSON body of the request, for what is wrong with them. */
      places?: Places;
      caller: Caller;
      tenant: Tenant;
    };
}

/** The `waitUntil` of a request's context. */
export const waitUntilOf = (c: { readonly executionCtx: ExecutionContext }): WaitUntil => {
  const context = c.executionCtx;
  return (promise) => context.waitUntil(promise);
};
