/** Predictions of every row of a plan, from a forward pass that explanations of the same rows can go on with. */
import type { Model } from '../model/model.ts';
import { type PredictionFacts, predictionFacts } from '../model/prediction-facts.ts';
import { rowsAsInFile } from '../model/row-places.ts';
import type { ForwardPass } from '../plan/forward-pass.ts';
import type { GraphLease } from '../plan/loader.ts';
import { outputsOf, runRows } from '../plan/run.ts';
import { type ResolvedNeeds, resolveNeeds } from '../plan/variant.ts';
import type { Task } from '../task/task.ts';
import { cast } from '../tensor/cast.ts';
import { type Float32Tensors, sliceRows } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Plan } from './plan.ts';
import { controlOf } from './plan-run.ts';
import { isChosenByTask, namesRead, readRow } from './read-answer.ts';
import type { ExplainHooks } from './request.ts';

export interface PredictedRows {
  /** Outputs of the model by name, in its element types and the file's own axes. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Facts about the prediction of each row; undefined where the task finds nothing in the answer. */
  readonly facts: readonly (PredictionFacts | undefined)[];
  /** For `hooks.pass` of `Explainer.run`. */
  readonly pass: ForwardPass;
}

/** Request for predictions. */
export interface PredictRows {
  /** Outputs of the graph to return. */
  readonly names: readonly string[];
  /** True if every row will be explained in any case: a gradient then comes from the same run. */
  readonly certain: boolean;
}

interface RowsRun {
  readonly plan: Plan;
  readonly lease: GraphLease;
  readonly hooks: ExplainHooks;
  readonly task: Task | undefined;
}

/** A gradient for which the graph costs at most this many times the forward pass is computed before it is asked for. */
const CHEAP_GRADIENT = 1.25;

export async function predictRows(run: RowsRun, { names, certain }: PredictRows): Promise<PredictedRows> {
  const { plan, lease, hooks } = run;
  const needs = await passNeeds(run, names, certain);
  const target = needs.gradients.length > 0 ? plan.target : undefined;
  const raw = await runRows(await lease.load(needs), plan.inputs, target, controlOf(hooks));
  const rows = Array.from({ length: plan.rows }, (_, row) => row);
  const pass: ForwardPass = { needs, raw, rows, ...(target && { target }) };
  return {
    outputs: outputsInFile(plan.model, outputsOf(raw, needs.scores), names),
    facts: await factsOf({ ...run, hooks: { ...hooks, pass } }, pass),
    pass,
  };
}

/** Outputs of a model in its element types and the file's own axes, in the order of the graph. */
export const outputsInFile = (
  { graph, places }: Pick<Model, 'graph' | 'places'>,
  outputs: Float32Tensors,
  names: readonly string[],
): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(
    graph.outputs
      .filter(({ name }) => names.includes(name))
      .map(({ name, dtype }) => [
        name,
        rowsAsInFile(cast(outputs[name] as Tensor<'float32'>, dtype), places[name] ?? 0),
      ]),
  );

/** Needs of the pass: those of the method's main graph if one run gives both, else those of the model alone. */
async function passNeeds(run: RowsRun, names: readonly string[], certain: boolean): Promise<ResolvedNeeds> {
  const { plan, task } = run;
  const forward = resolveNeeds({}, plan.info);
  const main = Object.values(plan.graphs)[0] as ResolvedNeeds;
  const byTask = isChosenByTask(task, plan.request);
  const wanted = byTask ? [...names, ...namesRead(plan)] : names;
  const joined = ({ scores, gradients, ruleset, activations, echoes }: ResolvedNeeds): ResolvedNeeds => {
    const others = [...activations, ...echoes, ...wanted].filter((name) => name !== scores);
    return resolveNeeds({ scores, gradients, ruleset, activations: others }, plan.info);
  };
  const shared = !byTask && isSharable(main, forward) ? joined(main) : undefined;
  if (shared) await run.lease.prepare(shared);
  return shared && isWorthIt(run, shared, certain) ? shared : joined(forward);
}

/** True if a run of the main graph gives the scores that predictions are read from. */
export function isSharable(
  { feeds, mixtures, scores, ruleset, hessianVector }: ResolvedNeeds,
  forward: ResolvedNeeds,
): boolean {
  if (hessianVector !== undefined) return false;
  const { reference = false, otherInputs = false } = ruleset;
  return feeds.length === 0 && !mixtures && scores === forward.scores && !reference && !otherInputs;
}

/** True if gradients of the graph can be taken before the prediction is known, and are not likely to be in vain. */
function isWorthIt({ plan, lease }: RowsRun, shared: ResolvedNeeds, certain: boolean): boolean {
  if (shared.gradients.length === 0) return true;
  const { target, request } = plan;
  const { rowFlops, findsTopClass } = lease.describe(shared);
  if (target === undefined && (request.target !== undefined || !findsTopClass)) return false;
  return certain || rowFlops <= CHEAP_GRADIENT * lease.rowFlops(shared.inputDims);
}

async function factsOf(run: RowsRun, { raw, needs }: ForwardPass): Promise<PredictedRows['facts']> {
  const { plan, task } = run;
  const facts: (PredictionFacts | undefined)[] = [];
  const scores = outputsOf(raw, needs.scores)[plan.info.scores.name] as Tensor<'float32'>;
  for (let row = 0; row < plan.rows; row++) {
    facts.push(
      task && isChosenByTask(task, plan.request)
        ? await foundBy(run, task, row)
        : predictionFacts(sliceRows(scores, row, row + 1).data, plan.space, plan.info),
    );
  }
  return facts;
}

/** Facts about the best prediction of a task with places. */
async function foundBy(run: RowsRun, task: Task, row: number): Promise<PredictionFacts | undefined> {
  const [best, second] = (await readRow(run, task, row)).predictions;
  if (!best) return undefined;
  const { label, score, probability = null } = best;
  return {
    label: label ?? best.class ?? null,
    score,
    probability,
    margin: second ? score - second.score : null,
    entropy: null,
  };
}
