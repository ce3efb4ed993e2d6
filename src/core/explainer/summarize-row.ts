/** Summary of a row, one fact of which takes a forward row: the score without the strongest part. */
import { type Classified, topClasses } from '../model/prediction.ts';
import { scoreOf } from '../model/target.ts';
import type { Target } from '../model/target-request.ts';
import { outputsOf, runRows } from '../plan/run.ts';
import { resolveNeeds } from '../plan/variant.ts';
import { type Inputs, sliceRows } from '../tensor/rows.ts';
import { type Evidence, evidenceOf, withoutPart } from './evidence.ts';
import type { Explained } from './explanation.ts';
import { followOf } from './follow.ts';
import type { Plan } from './plan.ts';
import { controlOf, type PlanRow, type PlanRun } from './plan-run.ts';
import { quantityOf, type RowOutcome } from './row-outcome.ts';
import type { Described, HiddenFacts } from './summary.ts';

export { summarize } from './summary.ts';

/** Collects the facts about an explained row; evaluates the row without its strongest part where there is one. */
export async function summarizeRow(
  run: PlanRun,
  row: PlanRow,
  explained: Explained,
  outcome: RowOutcome,
): Promise<Described> {
  const { info, entry, params } = run.plan;
  const { properties } = entry.method.about;
  const evidence = evidenceOf(info, explained, row.inputs, run.plan.request.features?.[row.index]);
  // The forward row tells of the target, not of a neuron.
  const hidden = evidence && !outcome.ofNeuron ? await hide(run, row, explained, outcome, evidence) : undefined;
  const quantity = quantityOf(outcome, params);
  const ofNeuron = quantity === 'value';
  const target = ofNeuron ? 'the neuron' : nameOf(outcome.target);
  const isNamedClass = !ofNeuron && outcome.target.index !== undefined && outcome.target.label !== undefined;
  const facts = {
    target,
    score: outcome.score,
    signed: properties.signed && params.absolute !== true,
    ...(evidence && { evidence }),
    ...(hidden && { hidden }),
  };
  return { facts, subject: isNamedClass ? `class ${target}` : target, quantity };
}

/** Effect of hiding the strongest part; undefined when no value is above zero. */
async function hide(
  { plan, lease, hooks, count }: PlanRun,
  { inputs, held, baselines, index }: PlanRow,
  explained: Explained,
  { target, scores, score }: RowOutcome,
  { strongest, parts }: Evidence,
): Promise<HiddenFacts | undefined> {
  if (strongest === undefined) return undefined;
  const without = withoutPart(
    plan.info,
    explained,
    inputs,
    strongest,
    firstRow(baselines),
    plan.request.features?.[index],
  );
  if (!without) return undefined;
  const follow = followOf(plan);
  const graph = await lease.load(resolveNeeds({ activations: follow?.outputs ?? [] }, plan.info));
  const raw = await runRows(graph, { ...held, ...without.inputs }, undefined, controlOf(hooks));
  count(1);
  const then = follow?.number(outputsOf(raw, plan.info.scores.name)) ?? scoreOf(target, raw.scores.data);
  return {
    part: (parts[strongest] as Evidence['parts'][number]).name,
    by: without.by,
    score: then,
    change: then - score,
    ...(!plan.request.taskTarget && { top: { before: topName(plan, scores), after: topName(plan, raw.scores.data) } }),
  };
}

const topName = ({ space, info }: Plan, scores: Float32Array): string =>
  nameOf(topClasses(scores, space, info, 1)[0] as Classified);

/** Name of a target or a class in a sentence. */
const nameOf = ({ index, label }: Pick<Target, 'index' | 'label'>): string =>
  label ?? (index === undefined ? 'the target' : `class ${index}`);

const firstRow = (rows: Inputs): Inputs =>
  Object.fromEntries(Object.entries(rows).map(([name, all]) => [name, sliceRows(all, 0, 1)]));
