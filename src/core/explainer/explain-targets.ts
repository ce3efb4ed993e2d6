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

/** Steps of an explainer that explanations for several targets are made of. */
interface TargetsRun {
  readonly lease: GraphLease;
  readonly tasks: TaskRegistry;
  readonly hooks: ExplainHooks;
  /** Explains one plan, over the pass where there is one. */
  explain(plan: Plan, pass: ForwardPass | undefined): Promise<Explanation>;
}

export async function explainTargets(
  run: TargetsRun,
  plan: Plan,
  targets: readonly TargetRequest[],
): Promise<Explanation[]> {
  const plans = targets.map((target) => planForTarget(plan, target));
  const passes = await sharedPasses(run, plan, plans);
  const explanations: Explanation[] = [];
  for (const one of plans) explanations.push(await run.explain(one, passes.get(one)));
  return explanations;
}

/** The pass of each plan whose target is known before the run; none where targets do not share a graph. */
async function sharedPasses(run: TargetsRun, plan: Plan, plans: readonly Plan[]): Promise<Map<Plan, ForwardPass>> {
  const needs = Object.values(plan.graphs)[0] as ResolvedNeeds;
  const isShared =
    plan.rows === 1 && needs.gradients.length > 0 && isSharable(needs, resolveNeeds({}, plan.info)) && !run.hooks.pass;
  const known = isShared ? plans.filter((one) => one.target && !isFound(run, one)) : [];
  if (known.length < 2) return new Map();
  const targets = known.map(({ target }) => target as Target);
  const rows = rowInputs(plan, 0);
  const raw = await runRows(await run.lease.load(needsOf(needs, rows, targets)), rows, targets, controlOf(run.hooks));
  return new Map(known.map((one, row) => [one, { needs, target: targets[row] as Target, raw, rows: [row] }]));
}

/** True if the target is among what the task finds in the answer. */
const isFound = ({ tasks }: TargetsRun, plan: Plan): boolean => isChosenByTask(taskOf(plan, tasks), plan.request);
