import * as z from 'zod';
import { arxiv } from '../../core/method/papers.ts';
import { defineFeatureMethod } from '../../core/strategy/perturbation/define-features.ts';
import { sobolPairs } from '../../core/tensor/low-discrepancy.ts';
import { sumOf } from '../../core/tensor/sum.ts';

/** Keeps a score that never changes from dividing by zero, as Xplique does. */
const MIN_VARIANCE = 1e-12;

/** Total indices by Jansen: sum_i (f(A_i) - f(A_i with feature j from B_i))^2 / (2 N var f(A)). */
export default defineFeatureMethod({
  id: 'sobol',
  revision: 1,
  about: {
    title: 'Sobol Attribution',
    summary:
      "The share of the score's variance that a feature has a part in, alone or with others, as all features fade at random.",
    paper: arxiv(
      '2111.04138',
      2021,
      'Look at the Variance! Efficient Black-box Explanations with Sobol-based Sensitivity Analysis',
    ),
    properties: { signed: false, complete: false, deterministic: false, classDiscriminative: true },
    axioms: ['dummy'],
  },
  presets: { xplique: { nb_design: 32, feature_mask: 'grid', grid: [8], baseline: 0 } },
  params: {
    nb_design: z
      .int()
      .min(2)
      .max(4096)
      .default(16)
      .describe(
        'Points of the quasi-random design (N), best a power of two; Xplique takes 32. Each costs as many rows as there are features, and one.',
      ),
  },
  mask: { mask: 'grid', grid: 4, segments: 16 },
  // Jansen's estimator asks for no scores of B itself.
  cost: (features, { nb_design }) => nb_design * (1 + features),
  explain: async ({ params, random }, run) => {
    const { nb_design } = params;
    const points = sobolPairs(random.seed);
    const plain = new Float64Array(nb_design);
    const squares = new Float64Array(run.features);
    await run.score(
      nb_design * (1 + run.features),
      (index, weights) => {
        const [point, changed] = [index % nb_design, Math.floor(index / nb_design) - 1];
        for (let j = 0; j < weights.length; j++) weights[j] = points.at(point, j)[j === changed ? 1 : 0];
      },
      (index, score) => {
        const [point, changed] = [index % nb_design, Math.floor(index / nb_design) - 1];
        if (changed < 0) plain[point] = score;
        else squares[changed] = (squares[changed] as number) + ((plain[point] as number) - score) ** 2;
      },
    );
    const mean = sumOf(plain) / nb_design;
    const variance = Math.max(MIN_VARIANCE, sumOf(plain.map((score) => (score - mean) ** 2)) / (nb_design - 1));
    const totals = squares.map((square) => square / (2 * nb_design * variance));
    return { values: run.spread(totals) };
  },
});
