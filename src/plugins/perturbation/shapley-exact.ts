import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { checkFeatures, coalitionCount, shapleyValues } from '../../core/strategy/perturbation/coalitions.ts';
import { featureCount, featureMask } from '../../core/strategy/perturbation/feature-mask.ts';
import { featureMethodParameters, finishFeatures } from '../../core/strategy/perturbation/feature-method.ts';
import { absentInputs, scoreMixtures } from '../../core/strategy/perturbation/mixtures.ts';
import { sumOf } from '../../core/tensor/sum.ts';

const MAX_FEATURES = 16;

/** phi_j = sum over S without j of |S|! (d - |S| - 1)! / d! (v(S + j) - v(S)), over every coalition S. */
export default defineMethod({
  apiVersion: 1,
  id: 'shapley_exact',
  strategy: 'perturbation',
  revision: 1,
  about: {
    title: 'Shapley Values',
    summary: "Each feature's fair share of the score: its mean gain over every order in which features can be added.",
    paper: {
      title: 'A Value for n-Person Games',
      year: 1953,
      url: 'https://doi.org/10.1515/9781400881970-018',
    },
    modalities: ['image', 'vector', 'series', 'tokens'],
    // Complete over features: an element of a group carries the value of the whole group.
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['symmetry', 'dummy', 'linearity', 'sensitivity'],
  },
  presets: { captum: { feature_mask: 'none', baseline: 0 } },
  params: z.object({
    ...featureMethodParameters({ mask: 'superpixels', grid: 3, segments: 8 }),
  }),
  needs: () => ({ mixtures: true }),
  cost: (params, model) => ({
    forwards: coalitionCount(checkFeatures('shapley_exact', featureCount(model, params), MAX_FEATURES)) - 1,
    backwards: 0,
  }),
  explain: async (ctx) => {
    const mask = featureMask(ctx.model, ctx.params, ctx.inputs);
    const full = coalitionCount(mask.features) - 1;
    const scores = new Float64Array(full + 1);
    scores[full] = ctx.score;
    await scoreMixtures(
      ctx,
      {
        count: full,
        mask,
        absent: absentInputs(ctx),
        weigh: (coalition, weights) => {
          for (let j = 0; j < weights.length; j++) weights[j] = (coalition >> j) & 1;
        },
      },
      (coalition, score) => {
        scores[coalition] = score;
      },
    );
    const values = shapleyValues(mask.features, scores);
    const baselineScore = scores[0] as number;
    return {
      values: finishFeatures(ctx, mask, values),
      baselineScore,
      convergenceDelta: sumOf(values) - (ctx.score - baselineScore),
    };
  },
});
