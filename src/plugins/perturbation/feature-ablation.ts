import { defineFeatureMethod } from '../../core/strategy/perturbation/define-features.ts';

/** By how much the score drops when one feature is replaced by the baseline. */
export default defineFeatureMethod({
  id: 'feature_ablation',
  revision: 1,
  about: {
    title: 'Feature Ablation',
    summary: 'How much the score drops when a feature (a number, or a cell of an image) is taken away.',
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['symmetry', 'dummy', 'linearity', 'sensitivity'],
  },
  presets: { captum: { feature_mask: 'none', baseline: 0 } },
  mask: { mask: 'grid', grid: 7, segments: 49 },
  cost: (features) => features,
  explain: async ({ score: whole }, run) => {
    const drops = new Float64Array(run.features);
    await run.score(
      run.features,
      (feature, weights) => {
        weights[feature] = 0;
      },
      (feature, score) => {
        drops[feature] = whole - score;
      },
    );
    return { values: run.spread(drops) };
  },
});
