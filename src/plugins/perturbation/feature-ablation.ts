import { z } from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { baselineOf, baselineParameter } from '../../core/strategy/baseline.ts';
import { featureMask, featureMaskParameters } from '../../core/strategy/perturbation/feature-mask.ts';
import { scorePerturbed } from '../../core/strategy/perturbation/perturb.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

/** By how much the score drops when one feature is replaced by the baseline. */
export default defineMethod({
  apiVersion: 1,
  id: 'feature_ablation',
  strategy: 'perturbation',
  revision: 1,
  about: {
    title: 'Feature Ablation',
    summary: 'How much the score drops when a feature (a number, or a cell of a picture) is taken away.',
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  params: z.object({
    ...featureMaskParameters,
    baseline: baselineParameter,
    absolute: absoluteParameter(false),
    reduction: reductionParameter,
  }),
  needs: () => ({}),
  cost: (params, { inputs }) => ({
    forwards: inputs.reduce((sum, input) => sum + featureMask(input, params).features, 0),
    backwards: 0,
  }),
  explain: async (ctx) => {
    const values: Record<string, Tensor<'float32'>> = {};
    for (const input of ctx.model.inputs) {
      const row = ctx.inputs[input.name] as Tensor;
      const { features, ids } = featureMask(input, ctx.params);
      const baseline = baselineOf(row, input, ctx.params.baseline, ctx.baselines).data;
      const drops = new Float64Array(features);
      await scorePerturbed(
        ctx,
        features,
        [input.name],
        (feature, copy) => {
          const elements = copy[input.name] as Float32Array;
          for (const [i, id] of ids.entries()) if (id === feature) elements[i] = baseline[i] as number;
        },
        (feature, score) => {
          drops[feature] = ctx.score - score;
        },
      );
      values[input.name] = float32(
        row.dims,
        Float32Array.from(ids, (id) => drops[id] as number),
      );
    }
    return { values: finishValues(values, ctx.params, ctx.model) };
  },
});
