/** Values of features in an explanation, folded as their modality says. */
import type { Modality } from '../modality/modality.ts';
import { checkInputs } from '../model/inputs.ts';
import type { Model } from '../model/model.ts';
import type { ExplainedRow, Explanation } from './explanation.ts';
import { attributionByInput, listFeatures } from './features.ts';
import type { ExplainRequest } from './request.ts';

/**
 * The explanation with the values of the features of each row. Attributions of inner layers have no place in the input:
 * their rows have no features.
 * @param request of the explanation
 */
export function withFeatures(
  explanation: Explanation,
  model: Model,
  { inputs, features, corrections }: Pick<ExplainRequest, 'inputs' | 'features' | 'corrections'>,
  { fold }: Pick<Modality, 'fold'>,
): Explanation {
  if (!features) return explanation;
  const { shapes } = checkInputs(model, inputs);
  const info = model.corrected(corrections).info({ shapes });
  const rows = explanation.rows.map((row, i): ExplainedRow => {
    const own = features[i];
    if (!own || row.nothing !== undefined) return { ...row, features: [] };
    const byInput = attributionByInput(info, row.values, own);
    return byInput ? { ...row, features: listFeatures(own, fold(byInput, own)) } : row;
  });
  return { ...explanation, rows };
}
