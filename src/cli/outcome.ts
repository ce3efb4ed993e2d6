/** One explained row of a command: predictions, explanation, and the values of features. */
import type { Explainer } from '../core/explainer/explainer.ts';
import type { ExplainedRow, Explanation } from '../core/explainer/explanation.ts';
import { withFeatures } from '../core/explainer/with-features.ts';
import type { OpenedModel } from './model-file.ts';
import { type TaskFlags, thresholdOf } from './predictions.ts';
import { presetParam } from './preset-flag.ts';
import { progressBar } from './progress.ts';
import type { Subject } from './subject.ts';

export interface OutcomeFlags extends TaskFlags {
  readonly method: string;
  readonly preset?: string;
  readonly summary?: boolean;
}

export interface Outcome {
  readonly subject: Subject;
  readonly explanation: Explanation;
  readonly row: ExplainedRow;
}

/**
 * Explains one subject.
 * @param parameters of the method, as they were given
 */
export async function explainSubject(
  explainer: Explainer,
  { model }: OpenedModel,
  subject: Subject,
  flags: OutcomeFlags,
  { parameters, seed }: { readonly parameters: Readonly<Record<string, unknown>>; readonly seed: number },
): Promise<Outcome> {
  const { inputs, prepared, image } = subject;
  const { method, preset, scores, target, task, summary } = flags;
  const threshold = thresholdOf(flags);
  // A baseline among the parameters is the user's choice: the modality's stays out of its way.
  const baselines = prepared && !('baseline' in parameters) ? await prepared.baselines() : undefined;
  const request = {
    method,
    params: { ...parameters, ...presetParam(preset) },
    seed,
    inputs,
    read: { ...(threshold !== undefined && { threshold }), ...(image && { image }) },
    ...(prepared && { features: [prepared.features] }),
    ...(task !== undefined && { corrections: { task } }),
    ...(scores !== undefined && { scores }),
    ...(baselines && { baselines }),
    ...(summary !== undefined && { summary }),
    ...(target !== undefined && { target }),
  };
  const bar = progressBar(method);
  const found = await explainer.explain(model, request, { progress: bar.update }).finally(bar.end);
  const explanation = prepared ? withFeatures(found, model, request, prepared.use.modality) : found;
  return { subject, explanation, row: explanation.rows[0] as ExplainedRow };
}
