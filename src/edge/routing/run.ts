/** Runs an explanation where it fits: here, or at an origin. */
import { WhylightError } from '../../core/errors.ts';
import type { Estimate, ExplainHooks, ExplainRequest, Explanation } from '../../core/explainer.ts';
import type { Model } from '../../core/model/model.ts';
import { largestThatFit } from '../../core/plan/fit.ts';
import { Profiles } from '../../core/plan/profile.ts';
import { withDeadline } from '../explain/deadline.ts';
import type { Parcel } from '../models/parcel.ts';
import { noneIsWell } from '../remote/origins.ts';
import type { Services } from '../services.ts';
import { limitsFor, methodsFor, type Tenant } from '../tenants/tenant.ts';
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
  const estimate = explainer.estimate(model, request, methodsFor(tenant, explainer.methods));
  const decision = decide({
    estimate,
    wanted,
    allowed: tenant.routes,
    edge: { milliseconds: limitsFor(tenant, limits).edgeMs, bytes: limits.edgeBytes },
    ...(origin && {
      origin: { available: origin.available, milliseconds: originProfiles.milliseconds(model, estimate.cost) },
    }),
    jobs: deferrable === true && jobs !== undefined && asJob(services, tenant, estimate),
    ...(deadline !== undefined && { deadline }),
  });
  return { decision, estimate };
}

/** Without an origin, what takes jobs from the queue runs them itself, in an isolate. */
function asJob({ limits, origin }: Services, tenant: Tenant, { cost, bytes }: Estimate): boolean {
  const samples = cost.forwards + cost.backwards;
  return samples <= limitsFor(tenant, limits).maxSamples && (origin !== undefined || bytes <= limits.edgeBytes);
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
          rights: tenant,
          ...(deadline !== undefined && { deadline }),
          ...(trace && { trace }),
          ...(parcel && { parcel }),
        }),
      );
      return { explanation, route, why };
    } catch (error) {
      if (!WhylightError.is(error, 'origin_unavailable')) throw error;
      return coarser(services, run, estimate, here, error);
    }
  }
  if (route === 'unavailable') {
    return coarser(services, run, estimate, here, noneIsWell(origin?.retryAfter ?? 1));
  }
  throw exceeded(services, run, estimate, why);
}

/** With as many samples as the edge can afford, if the tenant wants that rather than no answer. */
async function coarser(
  services: Services,
  run: Run,
  estimate: Estimate,
  here: (request: ExplainRequest) => Promise<Explanation>,
  error: WhylightError,
): Promise<Ran> {
  const { request, tenant, wanted } = run;
  if (!tenant.degrade || wanted !== 'auto' || !tenant.routes.includes('edge')) throw error;
  const fitting = fittingParameters(services, run, estimate);
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

function exceeded(services: Services, run: Run, estimate: Estimate, why: string): WhylightError {
  const fits = fittingParameters(services, run, estimate);
  const list = Object.entries(fits).map(([name, value]) => `${name}=${value}`);
  const hint = list.length > 0 ? ` It would fit with ${list.join(' or ')}.` : '';
  return new WhylightError('budget_exceeded', `The request cannot run: ${why}.${hint}`, {
    method: run.request.method,
    estimate: { milliseconds: Math.ceil(estimate.milliseconds), bytes: estimate.bytes, ...estimate.cost },
    fits,
  });
}

/** Values of parameters, one at a time, with which the request would fit the edge. */
export function fittingParameters(services: Services, run: Run, { bytes }: Estimate): Readonly<Record<string, number>> {
  const { explainer, limits } = services;
  const { model, request, tenant, deadline = Infinity } = run;
  // Samples do not change the memory.
  if (bytes > limits.edgeBytes) return {};
  const { method } = explainer.methods.get(request.method);
  const most = Math.min(limitsFor(tenant, limits).edgeMs, deadline);
  const methods = methodsFor(tenant, explainer.methods);
  return largestThatFit(
    method,
    request.params ?? {},
    (params) => explainer.estimate(model, { ...request, params }, methods).milliseconds <= most,
  );
}
