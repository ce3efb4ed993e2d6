/** Runs a planned explanation on its route. */
import { WhylightError } from '../../core/errors.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import { type Plan, planWithParams } from '../../core/explainer/plan.ts';
import type { ExplainHooks } from '../../core/explainer/request.ts';
import { answered } from '../../core/method/answered.ts';
import { noHealthyOrigin } from '../origin/origin-client.ts';
import type { OriginRunner } from '../origin/origin-runner.ts';
import type { Services } from '../services.ts';
import { limitsFor } from '../tenants/tenant.ts';
import { withDeadline } from './deadline.ts';
import type { Route } from './decide.ts';
import { fittingAtEdge, fittingParams } from './fit.ts';
import { learnOriginSpeed, maxSamplesOf, type RoutedPlan, type RunRequest, routePlan } from './route.ts';

/** Thrown in place of an answer, for requests that are `deferrable` only: the request is to run as a job. */
export class DeferToJob extends Error {
  override readonly name = 'DeferToJob';
  readonly why: string;

  constructor(why: string) {
    super(`The request runs as a job: ${why}.`);
    this.why = why;
  }
}

export interface RunResult {
  readonly explanation: Explanation;
  readonly route: Route;
  /** Reason of the route. */
  readonly why: string;
}

/**
 * Routes a plan and runs it.
 * @throws WhylightError `budget_exceeded` with the estimate and the parameters that would fit; `origin_unavailable` when
 * no origin is healthy and the tenant does not accept a degraded answer; errors of the explainer
 * @throws DeferToJob
 * @param decided told that the run is sent to an origin
 */
export async function runPlan(
  services: Services,
  request: RunRequest,
  hooks: ExplainHooks,
  decided: (route: Route) => void = () => undefined,
): Promise<RunResult> {
  const { origin } = services;
  const { plan } = request;
  await services.explainer.prepare(plan, hooks);
  const routed = await answered(() => routePlan(services, request));
  const { route, why } = routed.decision;
  if (route === 'job') throw new DeferToJob(why);
  if (route === 'origin') decided(route);
  if (route === 'edge') {
    const explanation = await runHere(services, request, plan, hooks);
    return { explanation, route: services.asOrigin ? 'origin' : 'edge', why };
  }
  if (route === 'unavailable') {
    return runDegraded(services, request, hooks, noHealthyOrigin(origin?.retryAfter ?? 1));
  }
  if (route !== 'origin' || !origin) throw await budgetExceeded(services, request, routed);
  try {
    return { explanation: await runAtOrigin(services, origin, request, hooks, routed), route, why };
  } catch (error) {
    if (!WhylightError.is(error, 'origin_unavailable')) throw error;
    return runDegraded(services, request, hooks, error);
  }
}

const signalOf = ({ signal }: ExplainHooks): AbortSignal => signal ?? new AbortController().signal;

function runHere(services: Services, request: RunRequest, plan: Plan, hooks: ExplainHooks): Promise<Explanation> {
  const { edgeMs } = limitsFor(request.tenant, services.limits);
  return withDeadline(
    signalOf(hooks),
    Math.min(edgeMs, request.deadline ?? Infinity),
    (signal) => services.explainer.run(plan, { ...hooks, signal }),
    plan.milliseconds,
  );
}

async function runAtOrigin(
  services: Services,
  origin: OriginRunner,
  { plan, bundle, tenant, deadline, trace }: RunRequest,
  hooks: ExplainHooks,
  { estimate }: RoutedPlan,
): Promise<Explanation> {
  const { model, request, params } = plan;
  const explanation = await withDeadline(signalOf(hooks), deadline, (signal) =>
    origin.explain(
      model,
      { ...request, params },
      {
        ...hooks,
        signal,
        maxSamples: maxSamplesOf(services, tenant),
        rights: tenant,
        tenant: tenant.id,
        ...(deadline !== undefined && { deadline }),
        ...(trace && { trace }),
        ...(bundle && { bundle }),
      },
    ),
  );
  const { forwards, backwards, predictions } = explanation.samples;
  learnOriginSpeed(model, { forwards: forwards + predictions, backwards }, explanation.timings.run, estimate.size);
  return explanation;
}

/**
 * Runs the request at the edge with as many samples as fit there, if the tenant prefers that to no answer.
 * @throws the error of the origin otherwise
 */
async function runDegraded(
  services: Services,
  request: RunRequest,
  hooks: ExplainHooks,
  error: WhylightError,
): Promise<RunResult> {
  const { plan, tenant, wanted } = request;
  if (!tenant.degrade || wanted !== 'auto' || !tenant.routes.includes('edge')) throw error;
  const [name, value] = Object.entries(await answered(() => fittingAtEdge(services, request)))[0] ?? [];
  if (name === undefined) throw error;
  const lowered = await answered(() => planWithParams(plan, { ...plan.params, [name]: value }));
  const explanation = await runHere(services, request, lowered, hooks);
  return {
    explanation: { ...explanation, degraded: { [name]: plan.params[name] as number } },
    route: 'edge',
    why: `no origin is healthy, so ${name} was lowered to ${value}`,
  };
}

async function budgetExceeded(services: Services, request: RunRequest, routed: RoutedPlan): Promise<WhylightError> {
  const { estimate, decision } = routed;
  const fits = await answered(() => fittingParams(services, request));
  const list = Object.entries(fits).map(([name, value]) => `${name}=${value}`);
  const hint = list.length > 0 ? ` It would fit with ${list.join(' or ')}.` : '';
  return new WhylightError('budget_exceeded', `The request cannot run: ${decision.why}.${hint}`, {
    method: request.plan.request.method,
    allowed: maxSamplesOf(services, request.tenant),
    estimate: { milliseconds: Math.ceil(estimate.milliseconds), bytes: estimate.bytes, ...estimate.cost },
    fits,
  });
}
