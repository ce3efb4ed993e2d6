import { doi } from '../../core/method/papers.ts';
import { checkFeatures, coalitionCount, shapleyValues } from '../../core/strategy/perturbation/coalitions.ts';
import { defineFeatureMethod } from '../../core/strategy/perturbation/define-features.ts';
import { sumOf } from '../../core/tensor/sum.ts';

const MAX_FEATURES = 16;

/** phi_j = sum over S without j of |S|! (d - |S| - 1)! / d! (v(S + j) - v(S)), over every coalition S. */
export default defineFeatureMethod({
  id: 'shapley_exact',
  revision: 1,
  about: {
    title: 'Shapley Values',
    summary: "Each feature's fair share of the score: its mean gain over every order in which features can be added.",
    paper: doi('10.1515/9781400881970-018', 1953, 'A Value for n-Person Games'),
    // Complete over features: an element of a group carries the value of the whole group.
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['symmetry', 'dummy', 'linearity', 'sensitivity'],
  },
  presets: { captum: { feature_mask: 'none', baseline: 0 } },
  mask: { mask: 'superpixels', grid: 3, segments: 8 },
  background: true,
  cost: (features) => coalitionCount(checkFeatures('shapley_exact', features, MAX_FEATURES)) - 1,
  explain: async (ctx, run) => {
    const full = coalitionCount(run.features) - 1;
    const scores = new Float64Array(full + 1);
    scores[full] = ctx.score;
    await run.score(
      full,
      (coalition, weights) => {
        for (let j = 0; j < weights.length; j++) weights[j] = (coalition >> j) & 1;
      },
      (coalition, score) => {
        scores[coalition] = score;
      },
    );
    const values = shapleyValues(run.features, scores);
    const baselineScore = scores[0] as number;
    return {
      ...run.source,
      values: run.spread(values),
      baselineScore,
      convergenceDelta: sumOf(values) - (ctx.score - baselineScore),
    };
  },
});
