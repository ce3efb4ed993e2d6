/** One explained row of a command: predictions, explanation, and the values of features. */
import type { Explainer } from '../core/explainer/explainer.ts';
import type { ExplainedRow, Explanation } from '../core/explainer/explanation.ts';
import type { Prediction, Task } from '../core/task/task.ts';
import type { OpenedModel } from './model-file.ts';
import { readAnswer, type TaskFlags } from './predictions.ts';
import { presetParam } from './preset-flag.ts';
import { progressBar } from './progress.ts';
import { foldFeatures, type Subject } from './subject.ts';

export interface OutcomeFlags extends TaskFlags {
  readonly method: string;
  readonly preset?: string;
  readonly summary?: boolean;
}

export interface Outcome {
  readonly subject: Subject;
  readonly task: Task;
  readonly predictions: readonly Prediction[];
  /** Absent where the model finds nothing and no target is given. */
  readonly explained?: Explained;
}

export interface Explained {
  readonly explanation: Explanation;
  readonly row: ExplainedRow;
  /** One value for each feature of the subject; absent for images. */
  readonly values?: Float64Array;
}

/**
 * Explains one subject.
 * @param parameters of the method, as they were given
 */
export async function explainSubject(
  explainer: Explainer,
  opened: OpenedModel,
  subject: Subject,
  flags: OutcomeFlags,
  { parameters, seed }: { readonly parameters: Readonly<Record<string, unknown>>; readonly seed: number },
): Promise<Outcome> {
  const { model } = opened;
  const { inputs, prepared } = subject;
  const answer = await readAnswer(explainer, opened, subject, flags);
  const { task, predictions } = answer;
  if (predictions.length === 0 && flags.target === undefined && task.id !== 'token_classification') {
    return { subject, task, predictions };
  }
  const taskTarget = answer.target();
  // A baseline among the parameters is the user's choice: the modality's stays out of its way.
  const baselines = prepared && !('baseline' in parameters) ? await prepared.baselines() : undefined;
  const bar = progressBar(flags.method);
  const explanation = await explainer
    .explain(
      model,
      {
        method: flags.method,
        params: { ...parameters, ...presetParam(flags.preset) },
        seed,
        ...(flags.scores !== undefined && { scores: flags.scores }),
        inputs,
        ...(baselines && { baselines }),
        ...(flags.summary !== undefined && { summary: flags.summary }),
        ...(taskTarget ? { taskTarget } : flags.target !== undefined && { target: flags.target }),
      },
      { progress: bar.update },
    )
    .finally(bar.end);
  const row = explanation.rows[0] as ExplainedRow;
  const values = prepared && foldFeatures(model, inputs, prepared, row.values);
  return { subject, task, predictions, explained: { explanation, row, ...(values && { values }) } };
}
