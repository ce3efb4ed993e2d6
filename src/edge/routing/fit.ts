/** Parameter values with which a request that is too expensive would run. */
import { planWithParams } from '../../core/explainer/plan.ts';
import { largestThatFit } from '../../core/plan/fit.ts';
import type { Services } from '../services.ts';
import { paramsFor } from '../tenants/rights.ts';
import type { Decision } from './decide.ts';
import { type RunRequest, routePlan } from './route.ts';

/** Values by parameter; each fits when it alone is changed. */
export type FittingParams = Readonly<Record<string, number>>;

/** Finds values with which the request would run on some route. */
export const fittingParams = (services: Services, request: RunRequest): FittingParams =>
  search(services, request, ({ route }) => route !== 'none' && route !== 'unavailable');

/** Finds values with which the request would run at the edge. */
export const fittingAtEdge = (services: Services, request: RunRequest): FittingParams =>
  search(services, request, ({ route }) => route === 'edge');

function search(services: Services, request: RunRequest, suits: (decision: Decision) => boolean): FittingParams {
  const { plan, tenant } = request;
  const { entry, params } = plan;
  return largestThatFit(entry.method, params, (candidate) => {
    const parsed = paramsFor(tenant, entry, candidate);
    return suits(routePlan(services, { ...request, plan: planWithParams(plan, parsed) }).decision);
  });
}
