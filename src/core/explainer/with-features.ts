/** Values of features in an explanation, folded as their modality says. */
import { foldSums } from '../modality/fold.ts';
import type { Modality } from '../modality/modality.ts';
import { checkInputs } from '../model/inputs.ts';
import type { Model } from '../model/model.ts';
import type { Float32Tensors } from '../tensor/rows.ts';
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
    const folded = (values: Float32Tensors, sum: Modality['fold'] = fold): Float64Array | undefined => {
      const byInput = attributionByInput(info, values, own);
      return byInput && sum(byInput, own);
    };
    const values = folded(row.values);
    const errors = row.uncertainty && folded(row.uncertainty.values, foldSums);
    const maps = row.maps?.map((map) => ({ map, values: folded(map.values) }));
    return {
      ...row,
      ...(values && { features: listFeatures(own, values, errors) }),
      ...(maps && { maps: maps.map(({ map, values }) => (values ? { ...map, features: [...values] } : map)) }),
    };
  });
  return { ...explanation, rows };
}
