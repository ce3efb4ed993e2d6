/** A request for one explanation, validated once. */
import type { Context } from 'hono';
import { wrapTime } from 'hono/timing';
import { AUTO_METHOD, hasOpenShapes } from '../../core/explainer/auto-method.ts';
import type { chooseMethod, MethodQuestion } from '../../core/explainer/choose-method.ts';
import type { Plan } from '../../core/explainer/plan.ts';
import type { ExplainRequest, ReadRequest } from '../../core/explainer/request.ts';
import { inOriginalPixels } from '../../core/image/placement.ts';
import { answered } from '../../core/method/answered.ts';
import type { MethodRegistry, PluginEntry } from '../../core/method/registry.ts';
import { modalityOf } from '../../core/modality/registry.ts';
import type { Model } from '../../core/model/model.ts';
import { loadReader } from '../../core/plan/lazy-reader.ts';
import type { InferenceRequest, Parameters } from '../../protocol/open-inference.ts';
import { cacheKey } from '../cache/key.ts';
import type { EdgeEnv } from '../http/env.ts';
import { prefersAsync } from '../http/prefer.ts';
import { checkJobOptions } from '../jobs/job-options.ts';
import type { ModelBundle } from '../models/model-bundle.ts';
import { answeringModel, modelNameOf } from '../models/requested-model.ts';
import type { ServedModel } from '../models/served-model.ts';
import type { RunRequest } from '../routing/route.ts';
import type { Services } from '../services.ts';
import { mayUseMethod, methodFor, methodsFor, paramsFor } from '../tenants/rights.ts';
import { cacheScope, limitsFor, type Tenant } from '../tenants/tenant.ts';
import { type Body, imageSource, readBody } from './body.ts';
import { dataTypesOf } from './data-body.ts';
import { drawnAt } from './image-input.ts';
import { type ExplainInput, inputOf } from './input.ts';
import { type MetricParameters, splitMetricParameters } from './metric-parameters.ts';
import {
  bothChecked,
  correctionsOf,
  methodParameters,
  readSettings,
  readSettingsOf,
  type Settings,
} from './settings.ts';
import { similarOf } from './similar.ts';
import { tracedHeaders } from './traced-headers.ts';

/** A validated request. Nothing has been decoded, compiled or run yet. */
export interface ExplainQuery {
  readonly model: Model;
  /** Files of an uploaded model, for origins. */
  readonly bundle?: ModelBundle;
  readonly settings: Settings;
  /** Reason for the method, where the request leaves the choice to the server. */
  readonly reason?: string;
  /** Package and version, or digest, of the method's code. */
  readonly build: string | undefined;
  /** Parameters of the metrics, as the client sent them. */
  readonly metricParams: MetricParameters;
  /** Parameters of the method, after defaults. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly input: ExplainInput;
  /** Digest of the input, in the cache key and in receipts. */
  readonly inputDigest: string;
  /** Cache key, see `cacheKey`. */
  readonly key: string;
  /** The request in the Open Inference Protocol, for tensors. */
  readonly wire?: InferenceRequest;
  /** True for data of a modality, which no image of pixels shows. */
  readonly isData: boolean;
  /** The image file, for images. */
  readonly image?: Uint8Array;
  /**
   * Plans the query; the plan is made once.
   * @throws WhylightError errors of decoding and of `Explainer.plan`
   */
  plan(): Promise<Plan>;
}

/** The parts of a request, before they are validated. */
export interface RawQuery {
  readonly served: ServedModel;
  readonly body: Body;
  readonly parameters: Parameters;
  /** Input in place of that of the body: some of its rows. */
  readonly input?: ExplainInput;
}

/** Reads the request of a route whose path names the model. */
export async function readQuery(c: Context<EdgeEnv>, services: Services): Promise<ExplainQuery> {
  return queryOf(c, services, await readRaw(c, services));
}

/**
 * Reads model, body and parameters. The model is looked up first, so that a misspelt name is reported before the body is
 * read.
 * @param get see `answeringModel`
 */
export async function readRaw(c: Context<EdgeEnv>, services: Services, get?: 'unread'): Promise<RawQuery> {
  const served = await answeringModel(c, services.models, modelNameOf(c), get);
  const types = await dataTypesOf(services.modalities, served);
  const body = await readBody(c, imageSource(c, services), types, services.codecs.types);
  // Arrays may be read by modalities that ask for nodes.
  if (body.kind === 'data') await loadReader();
  return { served, body, parameters: { ...c.req.query(), ...body.parameters } };
}

/**
 * Validates a request.
 * @throws WhylightError `invalid_request` with every mistake, `method_not_found`, `method_not_enabled`
 */
export async function queryOf(
  c: Context<EdgeEnv>,
  services: Pick<
    Services,
    'explainer' | 'codecs' | 'decodeMemory' | 'limits' | 'modalities' | 'tenantFiles' | 'webhookSecret'
  >,
  { served, body, parameters, input: given }: RawQuery,
): Promise<ExplainQuery> {
  const { explainer, limits, tenantFiles } = services;
  const { model, identity, bundle } = served;
  const tenant = c.get('tenant');
  const { own, ofMetrics } = splitMetricParameters(methodParameters(parameters), parameters.metrics);
  const { maxPixels } = limitsFor(tenant, limits);
  const input = given ?? inputOf(body, served, services, maxPixels, drawnAt(c.req.header('Accept'), parameters));
  const inputs = isAuto(parameters) && hasOpenShapes(model) ? await input.inputs() : undefined;
  const choose = isAuto(parameters) ? (await import('../../core/explainer/choose-method.ts')).chooseMethod : undefined;
  const [settings, { entry, params, reason }] = await answered(() =>
    bothChecked(
      () => readSettings(parameters),
      (read) => {
        const corrections = read && correctionsOf(read);
        const found = methodOf(tenant, { model, inputs, corrections }, parameters, explainer.methods, choose);
        const { reason } = found;
        const entry = tenantFiles.entryFor(tenant, found.entry);
        c.get('seen').method = entry.method.id;
        return { entry, reason, params: paramsFor(tenant, entry, own) };
      },
    ),
  );
  const idempotencyKey = c.req.header('Idempotency-Key');
  checkJobOptions(tenant, {
    canCallWebhooks: services.webhookSecret !== undefined,
    ...(settings.webhook !== undefined && { webhook: settings.webhook }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  });
  const method = entry.method.id;
  const { target, scores, seed, top, summary } = settings;
  const corrections = correctionsOf(settings);
  const similar = await similarOf({ served, body, text: settings.similar_to, corrections, maxPixels }, services);
  const reading = readSettingsOf(settings);
  const similarDigest = similar && (await similar.digest());
  const inputDigest = await input.digest();
  const key = await cacheKey({
    scope: cacheScope(tenant, model.name),
    model: identity,
    method,
    revision: entry.method.revision,
    build: entry.build,
    params,
    target,
    scores,
    seed,
    top,
    summary,
    ...(corrections && { corrections }),
    read: { ...reading, ...(similarDigest !== undefined && { similar: similarDigest }) },
    input: inputDigest,
  });
  let planned: Promise<Plan> | undefined;
  const plan = async (): Promise<Plan> => {
    const inputs = await wrapTime(c, 'decode', input.inputs());
    const methods = methodsFor(tenant, explainer.methods);
    const wanted = {
      ownBaselines: parameters.baseline === undefined,
      takesBackground: entry.method.background !== undefined,
    };
    const request = {
      ...{ method, params, target, scores, seed, top, summary, inputs },
      ...(await readingOf(input, model, wanted, {
        ...reading,
        ...(similar && { similarTo: await similar.embedding() }),
      })),
      ...(corrections && { corrections }),
    };
    return explainer.planned(model, request, { methods, entry, paramsParsed: true });
  };
  return {
    model,
    ...(bundle && { bundle }),
    settings,
    ...(reason !== undefined && { reason }),
    build: entry.build,
    metricParams: ofMetrics,
    params,
    input,
    inputDigest,
    isData: body.kind === 'data',
    key,
    ...(body.kind === 'image' ? { image: body.bytes } : body.request && { wire: body.request }),
    plan: () => (planned ??= answered(plan)),
  };
}

const isAuto = ({ method }: Parameters): boolean => method === undefined || method === AUTO_METHOD;

/**
 * The method that the request names, or the best one that the tenant may use.
 * @param choose where the request leaves the choice to the server
 */
function methodOf(
  tenant: Tenant,
  question: Pick<MethodQuestion, 'model' | 'inputs' | 'corrections'>,
  parameters: Parameters,
  methods: MethodRegistry,
  choose: typeof chooseMethod | undefined,
): { readonly entry: PluginEntry; readonly reason?: string } {
  const { method, scores, deadline_ms } = parameters;
  if (!choose) return { entry: methodFor(tenant, String(method), methods) };
  const { entry, reason } = choose(methods, {
    ...question,
    ...(scores !== undefined && { scores: String(scores) }),
    ...(deadline_ms !== undefined && { deadline: Number(deadline_ms) }),
    mayUse: (candidate) => mayUseMethod(tenant, candidate),
  });
  return { entry: methodFor(tenant, entry.method.id, methods), reason };
}

/**
 * The parts of a request that come from the input beside its tensors: the size of the image, or features and baselines.
 * @param model of the request
 * @param wanted `ownBaselines` false where the client chose a baseline; `takesBackground` true for methods that average over
 * background rows, which are read for these alone
 */
async function readingOf(
  input: ExplainInput,
  model: Model,
  { ownBaselines, takesBackground }: { readonly ownBaselines: boolean; readonly takesBackground: boolean },
  settings: ReadRequest,
): Promise<Pick<ExplainRequest, 'read' | 'features' | 'baselines' | 'background'>> {
  const [placed, prepared] = [await input.seen(), await input.prepared()];
  const read = {
    ...settings,
    // Pixels would travel with the request to origins and jobs, which need the size alone.
    ...(placed && { image: inOriginalPixels(placed) }),
  };
  // Elements of tensors say nothing to a reader of pixels or words.
  const isNamed = prepared?.named || prepared?.use.modality.id === modalityOf(model);
  if (!prepared || !isNamed) return { read };
  const known = { read, features: prepared.features };
  if (!ownBaselines || prepared.use.modality.id === 'tensor') return known;
  const background = takesBackground ? await prepared.background() : undefined;
  return { ...known, baselines: await prepared.baselines(), ...(background && { background }) };
}

/**
 * Makes the request that the router takes.
 * @param deferrable true if a job may take the place of the answer
 */
export async function runRequest(c: Context<EdgeEnv>, query: ExplainQuery, deferrable: boolean): Promise<RunRequest> {
  const { route, deadline_ms: deadline } = query.settings;
  const tenant = c.get('tenant');
  // Unlike route=job, a preference is ignored where it cannot be met (RFC 7240, 2).
  const later = deferrable && route === 'auto' && prefersAsync(c.req.header('Prefer')) && tenant.routes.includes('job');
  return {
    plan: await query.plan(),
    ...(query.bundle && { bundle: query.bundle }),
    tenant,
    wanted: later ? 'job' : route,
    deferrable,
    trace: tracedHeaders(c),
    ...(deadline !== undefined && { deadline }),
  };
}
