import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { featureCount, featureMask } from '../../core/strategy/perturbation/feature-mask.ts';
import { featureMethodParameters, finishFeatures } from '../../core/strategy/perturbation/feature-method.ts';
import { absentInputs, scoreMixtures } from '../../core/strategy/perturbation/mixtures.ts';

/** By how much the score drops when one feature is replaced by the baseline. */
export default defineMethod({
  apiVersion: 1,
  id: 'feature_ablation',
  strategy: 'perturbation',
  revision: 1,
  about: {
    title: 'Feature Ablation',
    summary: 'How much the score drops when a feature (a number, or a cell of an image) is taken away.',
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['symmetry', 'dummy', 'linearity', 'sensitivity'],
  },
  presets: { captum: { feature_mask: 'none', baseline: 0 } },
  params: z.object({
    ...featureMethodParameters({ mask: 'grid', grid: 7, segments: 49 }),
  }),
  needs: () => ({ mixtures: true }),
  cost: (params, model) => ({ forwards: featureCount(model, params), backwards: 0 }),
  explain: async (ctx) => {
    const mask = featureMask(ctx.model, ctx.params, ctx.inputs);
    const drops = new Float64Array(mask.features);
    await scoreMixtures(
      ctx,
      {
        count: mask.features,
        mask,
        absent: absentInputs(ctx),
        weigh: (feature, weights) => {
          weights[feature] = 0;
        },
      },
      (feature, score) => {
        drops[feature] = ctx.score - score;
      },
    );
    return { values: finishFeatures(ctx, mask, drops) };
  },
});
