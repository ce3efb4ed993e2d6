import * as z from 'zod';
import { doi } from '../../core/method/papers.ts';
import { checkFeatures } from '../../core/strategy/perturbation/coalitions.ts';
import { defineFeatureMethod, MODEL_ROWS } from '../../core/strategy/perturbation/define-features.ts';
import { featureCentres } from '../../core/strategy/perturbation/feature-mask.ts';
import { owenValues } from '../../core/strategy/perturbation/owen-values.ts';
import { balancedTree, givenTree, type Join, openings } from '../../core/strategy/perturbation/partition-tree.ts';
import { sumOf } from '../../core/tensor/sum.ts';

const MAX_FEATURES = 1024;

/** Owen values of a binary tree of features: Shapley values in which a part is shared out among its own features alone. */
export default defineFeatureMethod({
  id: 'partition_shap',
  revision: 2,
  about: {
    title: 'Partition SHAP',
    summary:
      'Shapley values along a tree of superpixels, words or columns: what belongs together shares a part of the score; far fewer runs than over every coalition.',
    paper: doi('10.1007/978-3-642-45494-3_7', 1977, 'Values of Games with a Priori Unions'),
    // Complete over features: an element of a group carries the value of the whole group.
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['dummy', 'linearity', 'sensitivity'],
  },
  mask: { mask: 'superpixels', grid: 4, segments: 16 },
  background: MODEL_ROWS,
  params: {
    tree: z
      .array(z.int().min(0))
      .max(2 * (MAX_FEATURES - 1))
      .default([])
      .describe(
        "Which features belong together, as the first two columns of scipy's linkage matrix, row by row: features are 0 to n - 1, join i is n + i. Left empty, features are halved by their place, again and again.",
      ),
    max_evals: z
      .int()
      .min(2)
      .max(100_000)
      .default(500)
      .describe(
        'Coalitions that are tried at most. Where the tree has more, its parts with the largest share are opened first, and the rest is shared out evenly.',
      ),
  },
  cost: (features, { tree, max_evals }) => {
    checkFeatures('partition_shap', features, MAX_FEATURES);
    // Halving gives as many joins at each depth, wherever the features lie.
    const joins = tree.length > 0 ? givenTree(tree, features) : balancedTree(new Array(features).fill([0]));
    return 1 + 2 * opened(max_evals, features, joins);
  },
  explain: async (ctx, run) => {
    const { tree, max_evals } = ctx.params;
    const { features } = run;
    const joins = tree.length > 0 ? givenTree(tree, features) : balancedTree(featureCentres(run, ctx.model));
    const score = async (coalitions: readonly Uint8Array[]): Promise<Float64Array> => {
      const scores = new Float64Array(coalitions.length);
      await run.score(
        coalitions.length,
        (index, weights) => weights.set(coalitions[index] as Uint8Array),
        (index, one) => {
          scores[index] = one;
        },
      );
      return scores;
    };
    const [baselineScore = 0] = await score([new Uint8Array(features)]);
    const attribution = (values: Float64Array) => ({
      ...run.source,
      values: run.spread(values),
      baselineScore,
      convergenceDelta: sumOf(values) - (ctx.score - baselineScore),
    });
    const values = await owenValues({
      features,
      joins,
      ends: [baselineScore, ctx.score],
      openings: opened(max_evals, features, joins),
      score,
      partial: (soFar) => ctx.partial(() => attribution(soFar())),
    });
    return attribution(values);
  },
});

/** Nodes that are opened: all of them, or as many as the budget allows after the empty and the full coalition. */
const opened = (most: number, features: number, joins: readonly Join[]): number =>
  Math.min(openings(features, joins), Math.floor((most - 2) / 2));
