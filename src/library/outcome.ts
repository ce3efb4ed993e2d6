/** One explained row: predictions, explanation, and the values of features. */
import type { Explainer } from '../core/explainer/explainer.ts';
import type { ExplainedRow, Explanation } from '../core/explainer/explanation.ts';
import type { ExplainHooks, ExplainRequest } from '../core/explainer/request.ts';
import { withFeatures } from '../core/explainer/with-features.ts';
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
}

export interface Outcome {
  readonly subject: Subject;
  readonly explanation: Explanation;
  readonly row: ExplainedRow;
}

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
  const { inputs, prepared, image } = subject;
  const { task, threshold, params = {}, ...others } = question;
  // A baseline among the parameters is the user's choice: the modality's stays out of its way.
  const baselines = prepared && !('baseline' in params) ? await prepared.baselines() : undefined;
  const request: ExplainRequest = {
    ...others,
    params,
    inputs,
    read: { ...(threshold !== undefined && { threshold }), ...(image && { image }) },
    ...(prepared && { features: [prepared.features] }),
    ...(task !== undefined && { corrections: { task } }),
    ...(baselines && { baselines }),
  };
  const found = await explainer.explain(model, request, hooks);
  const explanation = prepared ? withFeatures(found, model, request, prepared.use.modality) : found;
  return { subject, explanation, row: explanation.rows[0] as ExplainedRow };
}
