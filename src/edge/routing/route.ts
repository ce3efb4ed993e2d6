/** Decides where a planned request runs. */
import type { Plan } from '../../core/explainer/plan.ts';
import type { Estimate } from '../../core/plan/cost.ts';
import { lazyCompiler } from '../../core/plan/lazy-compiler.ts';
import { Profiles } from '../../core/plan/profile.ts';
import type { ModelBundle } from '../models/model-bundle.ts';
import type { Services } from '../services.ts';
import { limitsFor, samplesElsewhere, type Tenant } from '../tenants/tenant.ts';
import { hasTenantFiles } from '../tenants/tenant-files.ts';
import { type Decision, decide, type WantedRoute } from './decide.ts';

/** A planned request to run. */
export interface RunRequest {
  readonly plan: Plan;
  /** Files of an uploaded model, for origins. */
  readonly bundle?: ModelBundle;
  readonly tenant: Tenant;
  readonly wanted: WantedRoute;
  /** Milliseconds that the client will wait. */
  readonly deadline?: number;
  /** True if the client accepts a job in place of an answer. */
  readonly deferrable?: boolean;
  /** W3C trace context for requests on behalf of this one, as headers. */
  readonly trace?: Readonly<Record<string, string>>;
}

/** Route of a plan, and the estimate that it was decided on. */
export interface RoutedPlan {
  readonly estimate: Estimate;
  readonly decision: Decision;
}

/** Speed of models at the origins. */
const originProfiles = new Profiles('onnxruntime-node', lazyCompiler);

/** Records the duration of a run at an origin, for later estimates. */
export function learnOriginSpeed(...observation: Parameters<Profiles['observe']>): void {
  originProfiles.observe(...observation);
}

/**
 * Estimates a plan and decides on its route. Graphs that are new are compiled, but nothing runs.
 * @throws WhylightError as `Explainer.estimate` does
 */
export function routePlan(services: Services, request: RunRequest): RoutedPlan {
  const { explainer, limits, jobs } = services;
  const { plan, tenant, wanted, deadline, deferrable } = request;
  // Files of a tenant are read by this server alone.
  const origin = hasTenantFiles(tenant, plan.entry.method.id) ? undefined : services.origin;
  const estimate = explainer.estimate(plan);
  const { edgeMs, maxSamples } = limitsFor(tenant, limits);
  const needed = estimate.cost.forwards + estimate.cost.backwards;
  // Without an origin, the queue's consumer runs jobs itself, in an isolate.
  const fitsJob = origin !== undefined || (needed <= maxSamples && estimate.bytes <= limits.edgeBytes);
  const decision = decide({
    estimate,
    samples: { needed, edge: maxSamples, elsewhere: origin ? samplesElsewhere(tenant) : maxSamples },
    wanted,
    allowed: tenant.routes,
    edge: { milliseconds: edgeMs, bytes: limits.edgeBytes },
    ...(origin && {
      origin: {
        available: origin.available,
        milliseconds: originProfiles.milliseconds(plan.model, estimate.cost, estimate.size),
      },
    }),
    jobs: deferrable === true && jobs !== undefined && fitsJob,
    ...(deadline !== undefined && { deadline }),
  });
  return { estimate, decision };
}

/** Maximum number of rows of a request on the route that allows most. Without an origin, jobs run in isolates, too. */
export const maxSamplesOf = ({ origin, limits }: Services, tenant: Tenant): number =>
  origin ? samplesElsewhere(tenant) : limitsFor(tenant, limits).maxSamples;
