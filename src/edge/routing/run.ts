/** Runs an explanation where it fits: here, or at an origin. */
import { WhylightError } from '../../core/errors.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import type { ExplainHooks, ExplainRequest } from '../../core/explainer/request.ts';
import type { Model } from '../../core/model/model.ts';
import type { Estimate } from '../../core/plan/cost.ts';
import { largestThatFit } from '../../core/plan/fit.ts';
import { Profiles } from '../../core/plan/profile.ts';
import { withDeadline } from '../explain/deadline.ts';
import type { Parcel } from '../models/model-bundle.ts';
import { noneIsWell } from '../origin/origin-client.ts';
import type { Services } from '../services.ts';
import { limitsFor, methodsFor, paramsFor, samplesElsewhere, type Tenant } from '../tenants/tenant.ts';
import { type Decision, decide, type Route, type WantedRoute } from './decide.ts';

export interface Run {
  readonly model: Model;
  /** Of an uploaded model: origins are sent it when they need it. */
  readonly parcel?: Parcel;
  /** Its parameters after defaults. */
  readonly request: ExplainRequest;
  readonly tenant: Tenant;
  readonly wanted: WantedRoute;
  /** Milliseconds that the client will wait. */
  readonly deadline?: number;
  /** Whether whoever asks can do with a job in place of an answer. */
  readonly deferrable?: boolean;
  /** For requests on behalf of this one. */
  readonly trace?: Readonly<Record<string, string>>;
}

export interface Routed {
  readonly decision: Decision;
  readonly estimate: Estimate;
}

/** Raised in place of an answer, only to those who said `deferrable`: the run is to wait as a job. */
export class Deferred extends Error {
  override readonly name = 'Deferred';
  readonly why: string;

  constructor(why: string) {
    super(`The run is to be a job: ${why}.`);
    this.why = why;
  }
}

/** Engine of the origins, as profiles have it. */
const originProfiles = new Profiles('onnxruntime-node');

/**
 * Where the request would run, and what it would take. Graphs that are new are compiled, but nothing runs.
 * @throws WhylightError as `Explainer.estimate` does
 */
export function routeOf(services: Services, { model, request, tenant, wanted, deadline, deferrable }: Run): Routed {
  const { explainer, limits, origin, jobs } = services;
  const estimate = explainer.estimate(
    explainer.plan(model, request, { methods: methodsFor(tenant, explainer.methods) }),
  );
  const { edgeMs, maxSamples } = limitsFor(tenant, limits);
  const decision = decide({
    estimate,
    samples: {
      needed: estimate.cost.forwards + estimate.cost.backwards,
      edge: maxSamples,
      elsewhere: mostSamples(services, tenant),
    },
    wanted,
    allowed: tenant.routes,
    edge: { milliseconds: edgeMs, bytes: limits.edgeBytes },
    ...(origin && {
      origin: { available: origin.available, milliseconds: originProfiles.milliseconds(model, estimate.cost) },
    }),
    jobs: deferrable === true && jobs !== undefined && asJob(services, maxSamples, estimate),
    ...(deadline !== undefined && { deadline }),
  });
  return { decision, estimate };
}

/** Rows of a request on its best route: without an origin jobs run in isolates, too. */
export const mostSamples = ({ origin, limits }: Services, tenant: Tenant): number =>
  origin ? samplesElsewhere(tenant) : limitsFor(tenant, limits).maxSamples;

/** Without an origin, what takes jobs from the queue runs them itself, in an isolate. */
function asJob({ limits, origin }: Services, maxSamples: number, { cost, bytes }: Estimate): boolean {
  return origin !== undefined || (cost.forwards + cost.backwards <= maxSamples && bytes <= limits.edgeBytes);
}

export interface Ran {
  readonly explanation: Explanation;
  readonly route: Route;
  readonly why: string;
}

/**
 * @throws WhylightError `budget_exceeded` with the estimate and the parameters that would fit; `origin_unavailable` when
 * no origin is well and the tenant wants no coarser answer; and as the explainer does
 * @throws Deferred
 */
export async function run(services: Services, run: Run, hooks: ExplainHooks): Promise<Ran> {
  const { explainer, origin } = services;
  const { model, parcel, request, tenant, deadline, trace } = run;
  const { decision, estimate } = routeOf(services, run);
  const { route, why } = decision;
  const place = services.asOrigin ? 'origin' : 'edge';
  const { signal: gone = new AbortController().signal } = hooks;
  const here = (asked: ExplainRequest) =>
    withDeadline(gone, Math.min(limitsFor(tenant, services.limits).edgeMs, deadline ?? Infinity), (signal) =>
      explainer.explain(model, asked, { ...hooks, signal, methods: methodsFor(tenant, explainer.methods) }),
    );
  if (route === 'job') throw new Deferred(why);
  if (route === 'edge') return { explanation: await here(request), route: place, why };
  if (route === 'origin' && origin) {
    try {
      const explanation = await withDeadline(gone, deadline, (signal) =>
        origin.explain(model, request, {
          ...hooks,
          signal,
          maxSamples: mostSamples(services, tenant),
          rights: tenant,
          ...(deadline !== undefined && { deadline }),
          ...(trace && { trace }),
          ...(parcel && { parcel }),
        }),
      );
      learn(model, explanation);
      return { explanation, route, why };
    } catch (error) {
      if (!WhylightError.is(error, 'origin_unavailable')) throw error;
      return coarser(services, run, here, error);
    }
  }
  if (route === 'unavailable') {
    return coarser(services, run, here, noneIsWell(origin?.retryAfter ?? 1));
  }
  throw exceeded(services, run, estimate, why);
}

/** The origin has a clock, other than an isolate: what it took there is what the next run is expected to take. */
function learn(model: Model, { samples: { forwards, backwards, predictions }, timings }: Explanation): void {
  originProfiles.observe(model, { forwards: forwards + predictions, backwards }, timings.run);
}

/** With as many samples as the edge can afford, if the tenant wants that rather than no answer. */
async function coarser(
  services: Services,
  run: Run,
  here: (request: ExplainRequest) => Promise<Explanation>,
  error: WhylightError,
): Promise<Ran> {
  const { request, tenant, wanted } = run;
  if (!tenant.degrade || wanted !== 'auto' || !tenant.routes.includes('edge')) throw error;
  const fitting = atTheEdge(services, run);
  const [name, value] = Object.entries(fitting)[0] ?? [];
  if (name === undefined) throw error;
  const explanation = await here({ ...request, params: { ...request.params, [name]: value } });
  const why = `no origin is well, so ${name} was lowered to ${value}`;
  return {
    explanation: { ...explanation, degraded: { [name]: request.params?.[name] as number } },
    route: 'edge',
    why,
  };
}

/** Values of parameters, one at a time, with which the edge would run it. */
export const atTheEdge = (services: Services, run: Run): Readonly<Record<string, number>> =>
  fittingParameters(services, run, ({ route }) => route === 'edge');

function exceeded(services: Services, run: Run, estimate: Estimate, why: string): WhylightError {
  const fits = fittingParameters(services, run);
  const list = Object.entries(fits).map(([name, value]) => `${name}=${value}`);
  const hint = list.length > 0 ? ` It would fit with ${list.join(' or ')}.` : '';
  return new WhylightError('budget_exceeded', `The request cannot run: ${why}.${hint}`, {
    method: run.request.method,
    allowed: mostSamples(services, run.tenant),
    estimate: { milliseconds: Math.ceil(estimate.milliseconds), bytes: estimate.bytes, ...estimate.cost },
    fits,
  });
}

/** Values of parameters, one at a time, with which the request would run: asked for again, it does. */
export function fittingParameters(
  services: Services,
  run: Run,
  suits: (decision: Decision) => boolean = ({ route }) => route !== 'none' && route !== 'unavailable',
): Readonly<Record<string, number>> {
  const { request, tenant } = run;
  const entry = services.explainer.methods.get(request.method);
  return largestThatFit(entry.method, request.params ?? {}, (params) => {
    const asked = { ...request, params: paramsFor(tenant, entry, params) };
    return suits(routeOf(services, { ...run, request: asked }).decision);
  });
}
