/** What a request asks: checked as far as that goes without decoding anything, and then answered, from the cache or anew. */
import type { Context } from 'hono';
import { setMetric, wrapTime } from 'hono/timing';
import type { Explanation } from '../../core/explainer/explanation.ts';
import type { ExplainHooks, ExplainRequest } from '../../core/explainer/request.ts';
import type { Parameters } from '../../protocol/open-inference.ts';
import { cacheKey } from '../cache/key.ts';
import { traceHeaders } from '../observe/trace-context.ts';
import { modelOf } from '../routes/models.ts';
import { type Run, run } from '../routing/run.ts';
import { type EdgeEnv, type Services, waitUntilOf } from '../services.ts';
import { cacheScope, limitsFor, methodFor, methodsFor, paramsFor } from '../tenants/tenant.ts';
import { type Body, pictureSource, readBody } from './body.ts';
import { type CacheState, cacheControl, type RememberOptions, remember } from './cached.ts';
import { withDeadline } from './deadline.ts';
import { subjectOf } from './input.ts';
import { bothChecked, methodParameters, readSettings } from './settings.ts';

/** Where it ran, when it did, and why there. */
const ROUTE = 'X-Whylight-Route';
const ROUTE_REASON = 'X-Whylight-Route-Reason';
/** See `CacheState`. */
const CACHE_STATE = 'X-Whylight-Cache';

export type Question = Awaited<ReturnType<typeof readQuestion>>;

/** The question that the request asks. */
export async function readQuestion(c: Context<EdgeEnv>, services: Services) {
  const { body, given } = await readAsked(c, services);
  return questionOf(c, services, body, given);
}

/** The body and all parameters, for a model that is there. */
export async function readAsked(c: Context<EdgeEnv>, services: Services): Promise<{ body: Body; given: Parameters }> {
  // Whoever misspells the model learns that before anything is read.
  await modelOf(c, services);
  const body = await readBody(c, pictureSource(c, services));
  return { body, given: { ...c.req.query(), ...body.parameters } };
}

/**
 * @param body as it was read
 * @param given the parameters
 * @param named the model, where the path does not name it by itself
 */
export async function questionOf(
  c: Context<EdgeEnv>,
  services: Services,
  body: Body,
  given: Parameters,
  named?: string,
) {
  const tenant = c.get('tenant');
  const { model, identity, parcel } = await modelOf(c, services, ...(named === undefined ? [] : [{ model: named }]));
  const [settings, { entry, params }] = bothChecked(
    () => readSettings(given),
    () => {
      const entry = methodFor(tenant, String(given.method), services.explainer.methods);
      c.get('seen').method = entry.method.id;
      return { entry, params: paramsFor(tenant, entry, methodParameters(given)) };
    },
  );
  const { target, scores, seed, top, summary } = settings;
  const subject = subjectOf(body, model, services.codecs, limitsFor(tenant, services.limits).maxPixels);
  const key = await cacheKey({
    scope: cacheScope(tenant, model.name),
    model: identity,
    method: entry.method.id,
    revision: entry.method.revision,
    params,
    target,
    scores,
    seed,
    top,
    summary,
    input: await subject.digest(),
  });
  return {
    model,
    ...(parcel && { parcel }),
    settings,
    params,
    subject,
    key,
    wire: body.kind === 'tensors' ? body.request : undefined,
    picture: body.kind === 'picture' ? body.bytes : undefined,
  };
}

export type AnswerHooks = Pick<ExplainHooks, 'progress' | 'partial'> & {
  /** Whether a job may take the place of the answer. */
  readonly deferrable?: boolean;
};

/**
 * The explanation, from the cache if it is there. Leaves in headers where it comes from.
 * @throws Deferred
 */
export async function answerTo(
  c: Context<EdgeEnv>,
  services: Services,
  question: Question,
  hooks: AnswerHooks = {},
): Promise<{ readonly explanation: Explanation; readonly state: CacheState }> {
  const { value: explanation, state } = await remember(
    { ...memoryOf(c, services), key: question.key, worthKeeping: ({ degraded }) => !degraded },
    () => compute(c, services, question, hooks),
  );
  c.header(CACHE_STATE, state);
  const { forwards, backwards, predictions } = explanation.samples;
  const seen = c.get('seen');
  seen.cache = state;
  if (state === 'miss' || state === 'bypass') {
    seen.samples = (seen.samples ?? 0) + forwards + backwards + predictions;
    for (const step of ['compile', 'session', 'run', 'engine'] as const) setMetric(c, step, explanation.timings[step]);
  }
  return { explanation, state };
}

/** How this request remembers. */
export const memoryOf = (
  c: Context<EdgeEnv>,
  { cache, inFlight }: Services,
): Omit<RememberOptions<Explanation>, 'key' | 'worthKeeping'> => ({
  cache,
  inFlight,
  seconds: c.get('tenant').cache.seconds,
  allowed: cacheControl(c.req.header('Cache-Control')),
  log: c.get('log'),
  waitUntil: waitUntilOf(c),
});

async function compute(
  c: Context<EdgeEnv>,
  services: Services,
  question: Question,
  { deferrable = false, ...hooks }: AnswerHooks,
): Promise<Explanation> {
  const { explanation, route, why } = await run(services, await runOf(c, question, deferrable), {
    ...hooksOf(c, services),
    ...hooks,
    signal: c.req.raw.signal,
  });
  c.header(ROUTE, route);
  c.header(ROUTE_REASON, why);
  return explanation;
}

/** The question as the router takes it. */
export async function runOf(c: Context<EdgeEnv>, question: Question, deferrable: boolean): Promise<Run> {
  const { route, deadline_ms: deadline } = question.settings;
  const tenant = c.get('tenant');
  // A preference, unlike route=job, is passed over where it cannot be met (RFC 7240, 2).
  const later = deferrable && route === 'auto' && prefersLater(c.req.header('Prefer')) && tenant.routes.includes('job');
  return {
    model: question.model,
    ...(question.parcel && { parcel: question.parcel }),
    request: await requestOf(c, question),
    tenant,
    wanted: later ? 'job' : route,
    deferrable,
    trace: traceHeaders(c.get('trace')),
    ...(deadline !== undefined && { deadline }),
  };
}

/** RFC 7240, 4.1. */
export const prefersLater = (header: string | undefined): boolean =>
  (header ?? '').split(',').some((preference) => /^\s*respond-async\s*(;|$)/i.test(preference));

export async function requestOf(c: Context<EdgeEnv>, { settings, params, subject }: Question): Promise<ExplainRequest> {
  const { method, target, scores, seed, top, summary } = settings;
  return { method, params, target, scores, seed, top, summary, inputs: await wrapTime(c, 'decode', subject.inputs()) };
}

/** Work that ends at the tenant's deadline, within its limits. */
export function atTheEdge<T>(
  c: Context<EdgeEnv>,
  services: Services,
  work: (hooks: ExplainHooks) => Promise<T>,
): Promise<T> {
  const tenant = c.get('tenant');
  const { explainer, limits } = services;
  return withDeadline(c.req.raw.signal, limitsFor(tenant, limits).edgeMs, (signal) =>
    work({ ...hooksOf(c, services), signal, methods: methodsFor(tenant, explainer.methods) }),
  );
}

const hooksOf = (c: Context<EdgeEnv>, { limits, pause }: Services): ExplainHooks => ({
  waitUntil: waitUntilOf(c),
  maxSamples: limitsFor(c.get('tenant'), limits).maxSamples,
  ...(pause && { pause }),
});
