/** Summary of a row, one fact of which takes a forward row: the score without the strongest part. */
import { type Classified, topClasses } from '../model/prediction.ts';
import { scoreOf } from '../model/target.ts';
import type { Target } from '../model/target-request.ts';
import { runRows } from '../plan/run.ts';
import { resolveNeeds } from '../plan/variant.ts';
import { type Inputs, sliceRows } from '../tensor/rows.ts';
import { type Evidence, evidenceOf, withoutPart } from './evidence.ts';
import type { Explained } from './explanation.ts';
import type { Plan } from './plan.ts';
import { controlOf, type PlanRow, type PlanRun } from './plan-run.ts';
import { type HiddenFacts, type Summary, summarize } from './summary.ts';

/** Scores of an explained row. */
export interface RowOutcome {
  readonly target: Target;
  /** Every element of the row's scores. */
  readonly scores: Float32Array;
  /** True if `score` is the value of a neuron and not the target's score. */
  readonly ofNeuron: boolean;
  readonly score: number;
  readonly baselineScore?: number;
  readonly convergenceDelta?: number;
}

/** Describes an explained row in words; evaluates the row without its strongest part where there is one. */
export async function summarizeRow(
  run: PlanRun,
  row: PlanRow,
  explained: Explained,
  outcome: RowOutcome,
): Promise<Summary> {
  const { info, entry, params } = run.plan;
  const { properties } = entry.method.about;
  const evidence = evidenceOf(info, explained, row.inputs);
  // The forward row tells of the target, not of a neuron.
  const hidden = evidence && !outcome.ofNeuron ? await hide(run, row, explained, outcome, evidence) : undefined;
  const target = outcome.ofNeuron ? 'the neuron' : nameOf(outcome.target);
  const isNamedClass = !outcome.ofNeuron && outcome.target.index !== undefined && outcome.target.label !== undefined;
  const facts = {
    target,
    score: outcome.score,
    signed: properties.signed && params.absolute !== true,
    ...(evidence && { evidence }),
    ...(hidden && { hidden }),
  };
  return summarize(facts, isNamedClass ? `class ${target}` : target);
}

/** Effect of hiding the strongest part; undefined when no value is above zero. */
async function hide(
  { plan, lease, hooks, count }: PlanRun,
  { inputs, baselines }: PlanRow,
  explained: Explained,
  { target, scores, score }: RowOutcome,
  { strongest, parts }: Evidence,
): Promise<HiddenFacts | undefined> {
  if (strongest === undefined) return undefined;
  const without = withoutPart(plan.info, explained, inputs, strongest, firstRow(baselines));
  if (!without) return undefined;
  const graph = await lease.load(resolveNeeds({}, plan.info));
  const after = (await runRows(graph, without.inputs, undefined, controlOf(hooks))).scores.data;
  count(1);
  return {
    part: (parts[strongest] as Evidence['parts'][number]).name,
    by: without.by,
    score: scoreOf(target, after),
    change: scoreOf(target, after) - score,
    top: { before: topName(plan, scores), after: topName(plan, after) },
  };
}

const topName = ({ space, info }: Plan, scores: Float32Array): string =>
  nameOf(topClasses(scores, space, info, 1)[0] as Classified);

/** Name of a target or a class in a sentence. */
const nameOf = ({ index, label }: Pick<Target, 'index' | 'label'>): string =>
  label ?? (index === undefined ? 'the target' : `class ${index}`);

const firstRow = (rows: Inputs): Inputs =>
  Object.fromEntries(Object.entries(rows).map(([name, all]) => [name, sliceRows(all, 0, 1)]));
