/** One explained row: predictions, explanation, and the values of features. */
import type { Explainer } from '../core/explainer/explainer.ts';
import type { ExplainedRow, Explanation } from '../core/explainer/explanation.ts';
import type { ExplainHooks, ExplainRequest, ReadRequest } from '../core/explainer/request.ts';
import { withFeatures } from '../core/explainer/with-features.ts';
import type { Model } from '../core/model/model.ts';
import type { BoxScore } from '../core/task/task.ts';
import type { OpenedModel } from './opened-model.ts';
import type { Subject } from './subject.ts';

/** Question about one subject, beside the subject itself. */
export interface Question extends Pick<ExplainRequest, 'method' | 'seed' | 'scores' | 'target' | 'summary' | 'top'> {
  /** Parameters of the method. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Task that the answer is read by; that of the model when left out. */
  readonly task?: string;
  /** Predictions below this score are left out. */
  readonly threshold?: number;
  /** Number that is explained for a box; `confidence` when left out. */
  readonly boxScore?: BoxScore;
  /** Embedding to compare that of the input with: their cosine is explained. */
  readonly similarTo?: readonly number[];
}

export interface Outcome {
  readonly subject: Subject;
  readonly explanation: Explanation;
  readonly row: ExplainedRow;
}

/** Settings of the reading of predictions that a question states. */
export const readRequestOf = (
  {
    threshold,
    boxScore,
    similarTo,
  }: { readonly [K in 'threshold' | 'boxScore' | 'similarTo']?: Question[K] | undefined },
  image: Subject['image'],
): ReadRequest => ({
  ...(threshold !== undefined && { threshold }),
  ...(boxScore && { boxScore }),
  ...(similarTo && { similarTo }),
  ...(image && { image }),
});

/**
 * Explains one subject.
 * @throws WhylightError as {@link Explainer.explain} does
 */
export async function explainSubject(
  explainer: Explainer,
  { model }: OpenedModel,
  subject: Subject,
  question: Question,
  hooks: ExplainHooks = {},
): Promise<Outcome> {
  const request = await requestOf(subject, question);
  return outcomeOf(model, subject, request, await explainer.explain(model, request, hooks));
}

/** The request that asks a question about a subject: its tensors, its features, and what its modality calls absent. */
export async function requestOf({ inputs, prepared, image }: Subject, question: Question): Promise<ExplainRequest> {
  const { task, threshold, boxScore, similarTo, params = {}, ...others } = question;
  // A baseline among the parameters is the user's choice: the modality's stays out of its way.
  const baselines = prepared && !('baseline' in params) ? await prepared.baselines() : undefined;
  const background = baselines && (await prepared?.background());
  return {
    ...others,
    params,
    inputs,
    read: readRequestOf({ threshold, boxScore, similarTo }, image),
    ...(prepared && { features: [prepared.features] }),
    ...(task !== undefined && { corrections: { task } }),
    ...(baselines && { baselines }),
    ...(background && { background }),
  };
}

/** The explanation of a subject, with the values of its features. */
export function outcomeOf(model: Model, subject: Subject, request: ExplainRequest, found: Explanation): Outcome {
  const { prepared } = subject;
  const explanation = prepared ? withFeatures(found, model, request, prepared.use.modality) : found;
  return { subject, explanation, row: explanation.rows[0] as ExplainedRow };
}
