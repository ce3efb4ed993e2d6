import { type Context, Hono } from 'hono';
import { setMetric, wrapTime } from 'hono/timing';
import { WhylightError } from '../../core/errors.ts';
import type { ExplainHooks, ExplainRequest, Explanation } from '../../core/explainer.ts';
import { cacheKey } from '../cache/key.ts';
import { entityTag, matchesTag } from '../entity-tag.ts';
import { explanationOutputs, explanationParameters, explanationPicture } from '../explain/answer.ts';
import { checkParameters, pictureSource, readBody } from '../explain/body.ts';
import { withDeadline } from '../explain/deadline.ts';
import { type Measures, measure, metricNames } from '../explain/measure.ts';
import { cacheControl, remember } from '../explain/remember.ts';
import { readSettings } from '../explain/settings.ts';
import { subjectOf } from '../explain/subject.ts';
import { inferenceResponse, isBinary, wantedOutputs } from '../inference-response.ts';
import { negotiate } from '../negotiate.ts';
import { traceHeaders } from '../observe/trace-context.ts';
import { run } from '../routing/run.ts';
import { type EdgeEnv, type Services, waitUntilOf } from '../services.ts';
import { cacheScope, limitsFor, methodFor, methodsFor, offeredTo, paramsFor } from '../tenants/tenant.ts';
import { modelOf, modelPaths } from './models.ts';

/** Where it ran, when it did, and why there. */
const ROUTE = 'X-Whylight-Route';
const ROUTE_REASON = 'X-Whylight-Route-Reason';
/** See `CacheState`. */
const CACHE_STATE = 'X-Whylight-Cache';

const REPRESENTATIONS = ['application/json', 'image/png', 'application/octet-stream'] as const;

/**
 * `POST /v2/models/{model}/explain`: which parts of the input made the model answer so. As JSON or bytes in the Open
 * Inference Protocol, or as a picture.
 */
export const explainRoutes = (services: Services) =>
  new Hono<EdgeEnv>().on('POST', modelPaths('/explain'), async (c) => {
    const type = negotiate(c.req.header('Accept'), offeredTo(c.get('tenant'), REPRESENTATIONS));
    const question = await readQuestion(c, services);
    const { model, settings, key, wire } = question;
    const allowed = cacheControl(c.req.header('Cache-Control'));

    const etag = await entityTag([
      key,
      type,
      type === 'image/png' ? settings.overlay : [wire?.id, wire?.outputs, settings.metrics],
    ]);
    c.header('ETag', etag);
    c.header('Cache-Control', 'private');
    c.header('Vary', 'Accept', { append: true });
    if (allowed.read && matchesTag(c.req.header('If-None-Match'), etag)) return c.body(null, 304);

    const { explanation, state } = await remember(
      {
        cache: services.cache,
        inFlight: services.inFlight,
        key,
        seconds: c.get('tenant').cache.seconds,
        allowed,
        log: c.get('log'),
        waitUntil: waitUntilOf(c),
      },
      () => compute(c, services, question),
    );
    c.header(CACHE_STATE, state);
    const computed = state === 'miss' || state === 'bypass';
    const { forwards, backwards, predictions } = explanation.samples;
    Object.assign(c.get('seen'), { cache: state, samples: computed ? forwards + backwards + predictions : 0 });
    if (computed) {
      for (const step of ['compile', 'session', 'run'] as const) setMetric(c, step, explanation.timings[step]);
    }
    for (const [name, value] of Object.entries(targetHeaders(explanation))) c.header(name, value);

    const measures = await measured(c, services, question, explanation, type);
    c.get('seen').samples = (c.get('seen').samples ?? 0) + measures.samples;

    if (type === 'image/png') {
      const png = await wrapTime(c, 'draw', draw(services, question, explanation));
      return c.body(png as Uint8Array<ArrayBuffer>, 200, { 'Content-Type': type });
    }
    return inferenceResponse(
      c,
      {
        ...(wire?.id !== undefined && { id: wire.id }),
        modelName: model.name,
        modelVersion: model.version,
        parameters: { ...explanationParameters(explanation, key), ...measures.parameters },
        outputs: wantedOutputs([...explanationOutputs(explanation), ...measures.outputs], wire),
      },
      type === 'application/octet-stream' ? () => true : isBinary(wire),
    );
  });

type Question = Awaited<ReturnType<typeof readQuestion>>;

/** What is asked, checked as far as that goes without decoding anything. */
async function readQuestion(c: Context<EdgeEnv>, services: Services) {
  const tenant = c.get('tenant');
  const { model, identity } = await modelOf(c, services);
  const body = await readBody(c, pictureSource(c, services));
  const settings = checkParameters(body, () => readSettings({ ...c.req.query(), ...body.parameters }));
  const { target, scores, seed, top } = settings;
  const entry = methodFor(tenant, settings.method, services.explainer.methods);
  c.get('seen').method = entry.method.id;
  const params = checkParameters(body, () => paramsFor(tenant, entry, settings.params));
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
    input: await subject.digest(),
  });
  return { model, settings, params, subject, key, wire: body.kind === 'tensors' ? body.request : undefined };
}

async function compute(c: Context<EdgeEnv>, services: Services, question: Question): Promise<Explanation> {
  const { route: wanted, deadline_ms: deadline } = question.settings;
  const tenant = c.get('tenant');
  const { explanation, route, why } = await run(
    services,
    {
      model: question.model,
      request: await requestOf(c, question),
      tenant,
      wanted,
      trace: traceHeaders(c.get('trace')),
      ...(deadline !== undefined && { deadline }),
    },
    { ...hooksOf(c, services), signal: c.req.raw.signal },
  );
  c.header(ROUTE, route);
  c.header(ROUTE_REASON, why);
  return explanation;
}

/** The metrics that are asked for; the answer may be from the cache, they are measured each time. */
async function measured(
  c: Context<EdgeEnv>,
  services: Services,
  question: Question,
  explanation: Explanation,
  type: string,
): Promise<Measures> {
  const names = metricNames(question.settings.metrics);
  if (names.length === 0) return { outputs: [], parameters: {}, samples: 0 };
  if (type === 'image/png') {
    throw new WhylightError('not_acceptable', 'A picture has no place for metrics: ask for application/json.', {
      allowed: ['application/json', 'application/octet-stream'],
    });
  }
  const request = await requestOf(c, question);
  return atTheEdge(c, services, (hooks) =>
    measure(services.explainer, question.model, request, explanation, names, hooks),
  );
}

async function requestOf(c: Context<EdgeEnv>, { settings, params, subject }: Question): Promise<ExplainRequest> {
  const { method, target, scores, seed, top } = settings;
  return { method, params, target, scores, seed, top, inputs: await wrapTime(c, 'decode', subject.inputs()) };
}

/** Work that ends at the tenant's deadline, within its limits. */
function atTheEdge<T>(c: Context<EdgeEnv>, services: Services, work: (hooks: ExplainHooks) => Promise<T>): Promise<T> {
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

async function draw(
  { codecs }: Services,
  { subject, settings }: Question,
  explanation: Explanation,
): Promise<Uint8Array> {
  const photo = await subject.photo();
  return codecs.encodePng(explanationPicture(explanation, photo, settings.overlay, settings.choseOverlay));
}

/** For clients that only look at the picture. A label may hold any character, so it is percent-encoded. */
function targetHeaders({ rows }: Explanation): Record<string, string> {
  const [row] = rows;
  if (!row || rows.length !== 1) return {};
  const { index, label } = row.target;
  const probability = row.top.find((candidate) => candidate.index === index)?.probability;
  return {
    'X-Whylight-Score': String(row.score),
    ...(index !== undefined && { 'X-Whylight-Target': String(index) }),
    ...(label !== undefined && { 'X-Whylight-Label': encodeURIComponent(label) }),
    ...(probability !== undefined && { 'X-Whylight-Probability': String(probability) }),
  };
}
