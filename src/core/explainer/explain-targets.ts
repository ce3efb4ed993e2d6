/** Explanations of one row for several targets, over one forward pass. */
import type { Target, TargetRequest } from '../model/target-request.ts';
import type { ForwardPass } from '../plan/forward-pass.ts';
import type { GraphLease } from '../plan/loader.ts';
import { needsOf, runRows } from '../plan/run.ts';
import { type ResolvedNeeds, resolveNeeds } from '../plan/variant.ts';
import type { TaskRegistry } from '../task/registry.ts';
import type { Explanation } from './explanation.ts';
import { type Plan, planForTarget } from './plan.ts';
import { controlOf, rowInputs } from './plan-run.ts';
import { isSharable } from './predict-rows.ts';
import { isChosenByTask, taskOf } from './read-answer.ts';
import type { ExplainHooks } from './request.ts';

/** Steps of an explainer that a shared pass is made of. */
interface PassRun {
  readonly lease: GraphLease;
  readonly tasks: TaskRegistry;
  readonly hooks: ExplainHooks;
}

/** Steps of an explainer that explanations for several targets are made of. */
interface TargetsRun extends PassRun {
  /** Explains one plan, over the pass where there is one. */
  explain(plan: Plan, pass: ForwardPass | undefined): Promise<Explanation>;
}

export async function explainTargets(
  run: TargetsRun,
  plan: Plan,
  targets: readonly TargetRequest[],
): Promise<Explanation[]> {
  const plans = targets.map((target) => planForTarget(plan, target));
  const passes = await sharedPasses(run, plans);
  const explanations: Explanation[] = [];
  for (const one of plans) explanations.push(await run.explain(one, passes.get(one)));
  return explanations;
}

/**
 * The pass of each plan whose target is known before the run; none where targets do not share a graph.
 * @param plans plans of the same row by the same method, each for another target
 */
export async function sharedPasses(run: PassRun, plans: readonly Plan[]): Promise<ReadonlyMap<Plan, ForwardPass>> {
  const [plan] = plans;
  const needs = plan && mainNeeds(plan);
  if (!needs || plan.rows !== 1 || run.hooks.pass || needs.gradients.length === 0) return new Map();
  if (!isSharable(needs, resolveNeeds({}, plan.info))) return new Map();
  const known = plans.filter((one) => one.target && !isFound(run, one));
  if (known.length < 2) return new Map();
  const targets = known.map(({ target }) => target as Target);
  const rows = rowInputs(plan, 0);
  const graph = await run.lease.load(needsOf(needs, rows, targets));
  const raw = await runRows(graph, rows, targets, controlOf(run.hooks));
  return new Map(
    known.map((one, row) => [one, { needs: mainNeeds(one), target: targets[row] as Target, raw, rows: [row] }]),
  );
}

const mainNeeds = ({ graphs }: Plan): ResolvedNeeds => Object.values(graphs)[0] as ResolvedNeeds;

/** True if the target is among what the task finds in the answer. */
const isFound = ({ tasks }: PassRun, plan: Plan): boolean => isChosenByTask(taskOf(plan, tasks), plan.request);
