/** Several targets of one input: the list in the request, and the forward pass that they share. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import type { Plan } from '../../core/explainer/plan.ts';
import type { ForwardPass } from '../../core/plan/forward-pass.ts';
import { readTargets } from '../../core/text-list.ts';
import type { Parameters } from '../../protocol/open-inference.ts';
import { isStored } from '../cache/cached.ts';
import type { EdgeEnv } from '../http/env.ts';
import { routePlan } from '../routing/route.ts';
import type { Services } from '../services.ts';
import { limitsFor } from '../tenants/tenant.ts';
import { cacheOptions, runAtEdge } from './explain-cached.ts';
import { type ExplainQuery, runRequest } from './query.ts';

/** Target as a parameter: an index, a label, an expression, or the JSON text of an object. */
export type TargetParameter = string | number;

/**
 * Reads the parameter `targets`: targets separated by commas, or a JSON list, whose objects name regions.
 * @returns undefined where the request names none
 * @throws WhylightError `invalid_request` for a list of anything else, or beside `target`
 */
export function targetsOf({ target, targets }: Parameters): readonly TargetParameter[] | undefined {
  if (targets === undefined) return undefined;
  if (target !== undefined) throw refused('cannot stand beside "target": name every target in "targets"');
  const read = readTargets(String(targets));
  if (!read) throw refused('takes indices or labels with commas between, such as cat,dog, or a JSON list of targets');
  return read;
}

function refused(fault: string): WhylightError {
  const message = `Parameter "targets" ${fault}.`;
  return new WhylightError('invalid_request', message, { issues: [{ parameter: 'targets', message }] });
}

/** The list of targets, as a parameter of the answer. */
export const targetParameters = (targets: readonly TargetParameter[] | undefined): Parameters =>
  targets === undefined ? {} : { targets: JSON.stringify(targets) };

/**
 * Runs one forward pass for the questions that are not in the cache and would run here.
 * @param queries questions about the same input by the same method, each about another target
 * @returns the pass of each question that shares it; the others run by themselves
 */
export async function passesOf(
  c: Context<EdgeEnv>,
  services: Services,
  queries: readonly ExplainQuery[],
): Promise<ReadonlyMap<ExplainQuery, ForwardPass>> {
  const { maxSamples } = limitsFor(c.get('tenant'), services.limits);
  const planned: { readonly query: ExplainQuery; readonly plan: Plan }[] = [];
  for (const query of queries) {
    const plan = await planHere(c, services, query);
    if (plan) planned.push({ query, plan });
  }
  if (planned.length < 2 || planned.length > maxSamples) return new Map();
  const plans = planned.map(({ plan }) => plan);
  const passes = await runAtEdge(c, services, (hooks) => services.explainer.sharePass(plans, hooks));
  return new Map(
    planned.flatMap(({ query, plan }) => {
      const pass = passes.get(plan);
      return pass ? [[query, pass] as const] : [];
    }),
  );
}

/** Plan of a question that is not in the cache and runs here; undefined for others, and for one that cannot be planned. */
async function planHere(c: Context<EdgeEnv>, services: Services, query: ExplainQuery): Promise<Plan | undefined> {
  if (await isStored({ ...cacheOptions(c, services), key: query.key })) return undefined;
  try {
    const run = await runRequest(c, query, false);
    await services.explainer.prepare(run.plan);
    return routePlan(services, run).decision.route === 'edge' ? run.plan : undefined;
  } catch (error) {
    // The question is asked by itself as well, and then fails with the same error.
    if (WhylightError.is(error)) return undefined;
    throw error;
  }
}
