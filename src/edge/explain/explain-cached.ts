/** Answers a query from the cache, or runs it. */
import type { Context } from 'hono';
import { setMetric } from 'hono/timing';
import type { Explanation } from '../../core/explainer/explanation.ts';
import type { Plan } from '../../core/explainer/plan.ts';
import type { ExplainHooks } from '../../core/explainer/request.ts';
import { withFeatures } from '../../core/explainer/with-features.ts';
import { answered } from '../../core/method/answered.ts';
import { type CachedOptions, type CacheState, cacheControl, cached } from '../cache/cached.ts';
import { methodState } from '../cache/method-state.ts';
import { observeDrift } from '../drift/observe-drift.ts';
import { type EdgeEnv, waitUntilOf } from '../http/env.ts';
import { type RunSinks, type RunStart, recordRun, samplesOf } from '../observe/run-record.ts';
import { withDeadline } from '../routing/deadline.ts';
import type { Route } from '../routing/decide.ts';
import { DeferToJob, runPlan } from '../routing/run.ts';
import type { Services } from '../services.ts';
import { limitsFor } from '../tenants/tenant.ts';
import { type ExplainQuery, runRequest } from './query.ts';

export type AnswerHooks = Pick<ExplainHooks, 'progress' | 'partial' | 'pass'> & {
  /** True if a job may take the place of the answer. */
  readonly deferrable?: boolean;
};

/** An explanation and its source. */
export interface Answer {
  readonly explanation: Explanation;
  readonly state: CacheState;
  /** Route of the run, and its reason; absent when nothing ran. */
  readonly route?: { readonly name: Route; readonly why: string };
}

/**
 * Returns the explanation of a query, from the cache if it is there.
 * @throws DeferToJob
 */
export async function explainCached(
  c: Context<EdgeEnv>,
  services: Services,
  query: ExplainQuery,
  { deferrable = false, ...hooks }: AnswerHooks = {},
): Promise<Answer> {
  let route: Answer['route'];
  const { value: explanation, state } = await cached<Explanation>(
    { ...cacheOptions(c, services), key: query.key, isCacheable: ({ degraded }) => !degraded },
    async () => {
      const signal = c.req.raw.signal;
      const run = await runRequest(c, query, deferrable);
      const explanation = await recordRun(sinksOf(c, services), startOf(c, run.plan), 'edge', async (marks) => {
        const result = await runPlan(services, run, { ...runHooks(c, services), ...hooks, signal }, marks.on).catch(
          (error: unknown) => {
            if (error instanceof DeferToJob) marks.skip();
            throw error;
          },
        );
        route = { name: result.route, why: result.why };
        return result.explanation;
      });
      return withInput(explanation, query, run.plan);
    },
  );
  recordSource(c, explanation, state);
  const { model, input, inputDigest: digest } = query;
  observeDrift(c, services.drift, { model, input, digest, explanation });
  return { explanation, state, ...(route && { route }) };
}

/** Returns the explanation of a query as {@link explainCached} does, or the reason why it is to run as a job. */
export function explainOrDefer(
  c: Context<EdgeEnv>,
  services: Services,
  query: ExplainQuery,
  hooks: AnswerHooks = {},
): Promise<Answer | DeferToJob> {
  const deferrable = services.jobs !== undefined;
  const explained = answered(() => explainCached(c, services, query, { ...hooks, deferrable }));
  return explained.catch((error: unknown) => {
    if (error instanceof DeferToJob) return error;
    throw error;
  });
}

const sinksOf = (c: Context<EdgeEnv>, { metrics, spans }: Services): RunSinks => ({
  log: c.get('log'),
  trace: c.get('trace'),
  ...(metrics && { metrics }),
  ...(spans && { spans }),
});

const startOf = (c: Context<EdgeEnv>, { model, entry, rows }: Plan): RunStart => ({
  tenant: c.get('tenant').id,
  model: model.name,
  method: entry.method.id,
  rows,
});

/** Adds the values of features and the notices of a modality. */
async function withInput(
  explanation: Explanation,
  { model, input }: ExplainQuery,
  { request }: Plan,
): Promise<Explanation> {
  const prepared = await input.prepared();
  if (!prepared) return explanation;
  const { notices, use } = prepared;
  return { ...withFeatures(explanation, model, request, use.modality), ...(notices.length > 0 && { notices }) };
}

/** Collects facts for metrics and `Server-Timing`. */
function recordSource(c: Context<EdgeEnv>, explanation: Explanation, state: CacheState): void {
  const seen = c.get('seen');
  seen.cache = state;
  if (state !== 'miss' && state !== 'bypass') return;
  seen.samples = (seen.samples ?? 0) + samplesOf(explanation);
  for (const step of ['compile', 'session', 'run', 'engine'] as const) setMetric(c, step, explanation.timings[step]);
}

/** Makes the cache options of a request, all but the key. */
export const cacheOptions = (
  c: Context<EdgeEnv>,
  { cache, inFlight }: Pick<Services, 'cache' | 'inFlight'>,
): Omit<CachedOptions<unknown>, 'key' | 'isCacheable'> => ({
  cache,
  inFlight,
  seconds: c.get('tenant').cache.seconds,
  owner: c.get('tenant').id,
  allowed: cacheControl(c.req.header('Cache-Control')),
  log: c.get('log'),
  waitUntil: waitUntilOf(c),
});

/** Runs work in this process, with the tenant's deadline and limits. */
export function runAtEdge<T>(
  c: Context<EdgeEnv>,
  services: Pick<Services, 'limits' | 'pause' | 'cache'>,
  work: (hooks: ExplainHooks) => Promise<T>,
): Promise<T> {
  const { edgeMs } = limitsFor(c.get('tenant'), services.limits);
  return withDeadline(c.req.raw.signal, edgeMs, (signal) => work({ ...runHooks(c, services), signal }));
}

const runHooks = (
  c: Context<EdgeEnv>,
  { limits, pause, cache }: Pick<Services, 'limits' | 'pause' | 'cache'>,
): ExplainHooks => ({
  waitUntil: waitUntilOf(c),
  state: methodState({
    cache,
    log: c.get('log'),
    tenant: c.get('tenant'),
    waitUntil: waitUntilOf(c),
  }),
  maxSamples: limitsFor(c.get('tenant'), limits).maxSamples,
  ...(pause && { pause }),
});
