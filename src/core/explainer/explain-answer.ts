/** Explanation of one row together with the answer that the task reads. */
import { answered } from '../method/answered.ts';
import type { Classified } from '../model/prediction.ts';
import type { TaskRegistry } from '../task/registry.ts';
import type { Prediction } from '../task/task.ts';
import { explainRow, type RowResult } from './explain-row.ts';
import { planWithTarget } from './plan.ts';
import type { PlanRun } from './plan-run.ts';
import { isChosenByTask, type RowAnswer, readRow, readScores, targetOf, taskOf } from './read-answer.ts';

/**
 * Explains one row, and adds predictions where the request asks for them. Where the task chooses the target, the model
 * runs once before; where nothing is found, it does not run again.
 */
export async function explainAnswer(run: PlanRun, index: number, tasks: TaskRegistry): Promise<RowResult> {
  const { plan } = run;
  const task = taskOf(plan, tasks);
  if (!task) return explainRow(run, index);
  if (!isChosenByTask(task, plan.request)) {
    const result = await explainRow(run, index);
    const known = task.hasPlaces ? undefined : readScores(task, plan, index, result.scores);
    if (known) return { ...result, row: { ...result.row, predictions: withProbabilities(known, result.row.top) } };
    return withRead(result, await readRow(run, task, index));
  }
  const answer = await readRow(run, task, index);
  const chosen = targetOf(answer, task, plan.request.target);
  if ('nothing' in chosen) return nothingFound(answer, chosen.nothing, plan.request.summary === true);
  const settled = await answered(() => planWithTarget(plan, chosen.target));
  const result = await explainRow({ ...run, plan: settled, lease: run.lease.extendedTo(settled.model) }, index);
  const { prediction } = chosen.target;
  const row = { ...result.row, ...(prediction !== undefined && { prediction }) };
  return withRead({ ...result, row }, answer);
}

/**
 * Classes with the probabilities that the top classes have. A task reads none from scores without an activation in the
 * graph.
 */
const withProbabilities = (predictions: readonly Prediction[], top: readonly Classified[]): readonly Prediction[] =>
  predictions.map((prediction) => {
    const { class: index, score, probability, position, box } = prediction;
    if (probability !== undefined || position !== undefined || box) return prediction;
    const known = top.find((one) => one.index === index && one.score === score);
    return known?.probability === undefined ? prediction : { ...prediction, probability: known.probability };
  });

/** Adds the answer, and counts the run that it was read from. */
const withRead = ({ samples, row, ...rest }: RowResult, { predictions, recalled }: RowAnswer): RowResult => ({
  ...rest,
  row: { ...row, predictions: withProbabilities(predictions, row.top) },
  samples: { ...samples, predictions: samples.predictions + runsOf(recalled) },
});

const runsOf = (recalled: boolean): number => (recalled ? 0 : 1);

/** The row of an answer in which nothing was found: no values, no map, no class. */
const nothingFound = ({ predictions, recalled }: RowAnswer, nothing: string, summary: boolean): RowResult => ({
  scores: new Float32Array(0),
  samples: { forwards: 0, backwards: 0, predictions: runsOf(recalled) },
  row: {
    values: {},
    target: { weights: [] },
    score: 0,
    diagnostics: {
      positiveShare: 0,
      sparseness: 0,
      entropy: 0,
      warnings: [{ code: 'nothing_found', message: nothing }],
    },
    ...(summary && { summary: { text: nothing, facts: { target: 'nothing', score: 0, signed: false } } }),
    top: [],
    predictions,
    nothing,
  },
});
