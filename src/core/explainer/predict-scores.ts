/** Scores and top classes of rows. */
import { checkInputs } from '../model/inputs.ts';
import type { Model } from '../model/model.ts';
import { topClasses } from '../model/prediction.ts';
import { followedScores } from '../plan/follow.ts';
import type { GraphLease } from '../plan/loader.ts';
import { outputsOf, runRows } from '../plan/run.ts';
import { resolveNeeds } from '../plan/variant.ts';
import { rowsOf, sliceRows } from '../tensor/rows.ts';
import type { Prediction } from './explanation.ts';
import { followOf } from './follow.ts';
import { scoreSpace } from './plan.ts';
import { controlOf } from './plan-run.ts';
import type { ExplainHooks, ExplainRequest } from './request.ts';

/** Request for scores. */
export type PredictRequest = Pick<ExplainRequest, 'inputs' | 'scores' | 'taskTarget' | 'top'>;

interface PredictRun {
  /** Model with the target of the request. */
  readonly model: Model;
  readonly lease: GraphLease;
  readonly hooks: ExplainHooks;
}

/** Runs the model on the rows of a request. */
export async function predictScores(
  { model, lease, hooks }: PredictRun,
  request: PredictRequest,
): Promise<Prediction[]> {
  const { inputs, shapes } = checkInputs(model, request.inputs);
  const info = model.info({ scores: request.taskTarget?.output ?? request.scores, shapes });
  const space = scoreSpace(model, info);
  const follow = followOf({ model, info, request });
  const graph = await lease.load(resolveNeeds(follow ? { activations: follow.outputs } : {}, info));
  const raw = await runRows(graph, inputs, undefined, controlOf(hooks));
  const numbers = follow && followedScores(follow, outputsOf(raw, info.scores.name));
  return Array.from({ length: rowsOf(raw.scores) }, (_, row) => {
    const { data } = sliceRows(raw.scores, row, row + 1);
    const top = topClasses(data, space, info, request.top ?? 5);
    return { scores: data, top, ...(numbers && { followed: numbers[row] as number }) };
  });
}
