/** Faithfulness as a correlation: do features with large values change the answer most when they are removed? */

import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import { choice } from '../method/choice.ts';
import type { Random } from '../tensor/random.ts';
import { portionCount, portionsOf, stepParameter } from './feature-steps.ts';
import type { Features } from './features.ts';
import { defineMetric } from './metric.ts';
import {
  answerParameter,
  answersWithout,
  featuresOf,
  importanceOf,
  ownAnswer,
  type RemovalContext,
  removalBaseline,
  unitParameter,
} from './removal.ts';
import { pearson, spearman } from './similarity.ts';

const common = {
  similarity: choice(['pearson', 'spearman'], 'pearson', 'Correlation, or rank correlation.'),
  baseline: removalBaseline,
  answer: answerParameter,
  unit: unitParameter,
};

const recordedSubsets = z
  .array(z.int().min(0))
  .max(2 ** 22)
  .default([]);

const correlations = { pearson, spearman };

export const faithfulnessCorrelation = defineMetric({
  id: 'faithfulness_correlation',
  about: {
    title: 'Faithfulness correlation',
    summary:
      'Correlation, over random subsets of features, of the sum of their values with the fall of the answer when they are removed.',
    paper: {
      title: 'Evaluating and aggregating feature-based model explanations',
      year: 2020,
      url: 'https://arxiv.org/abs/2005.00631',
    },
    better: 'higher',
  },
  params: z.object({
    nr_runs: z.int().min(2).max(10_000).default(100).describe('Number of random subsets.'),
    subset_size: z.int().min(1).default(224).describe('Features in a subset; all but one of a smaller input.'),
    subsets: recordedSubsets.describe(
      'Recorded subsets in place of random ones: nr_runs times subset_size numbers of features.',
    ),
    ...common,
  }),
  cost: ({ nr_runs }) => ({ forwards: nr_runs + 1, backwards: 0 }),
  measure: async (ctx) => {
    const features = featuresOf(ctx, ctx.params.unit);
    const { nr_runs, subset_size, subsets } = ctx.params;
    const most = subsets.length > 0 ? subset_size : Math.max(1, Math.min(subset_size, features.count - 1));
    const sizes = new Array<number>(nr_runs).fill(most);
    const sets = subsetsOf('faithfulness_correlation', sizes, subsets, features.count, ctx.random);
    return { score: await correlationOver(ctx, features, sets, ctx.params.similarity) };
  },
});

export const faithfulnessEstimate = defineMetric({
  id: 'faithfulness_estimate',
  about: {
    title: 'Faithfulness estimate',
    summary: 'Correlation of the values of features with the fall of the answer when each portion alone is removed.',
    paper: {
      title: 'Towards robust interpretability with self-explaining neural networks',
      year: 2018,
      url: 'https://arxiv.org/abs/1806.07538',
    },
    better: 'higher',
  },
  params: z.object({ features_in_step: stepParameter, ...common }),
  cost: (params, { info }) => ({ forwards: portionCount(info, params) + 1, backwards: 0 }),
  measure: async (ctx) => {
    const features = featuresOf(ctx, ctx.params.unit);
    const sets = portionsOf(features.ranked(), ctx.params.features_in_step);
    return { score: await correlationOver(ctx, features, sets, ctx.params.similarity) };
  },
});

/** Shares of the features that {@link sensitivityN} removes, up to the 0.8 that Quantus takes. */
const SHARES = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8];

export const sensitivityN = defineMetric({
  id: 'sensitivity_n',
  about: {
    title: 'Sensitivity-n',
    summary:
      'Correlation of the sum of the values of n random features with the fall of the answer when they are removed, as a mean over several n.',
    paper: {
      title: 'Towards better understanding of gradient-based attribution methods for deep neural networks',
      year: 2018,
      url: 'https://arxiv.org/abs/1711.06104',
    },
    better: 'higher',
  },
  params: z.object({
    shares: z
      .array(z.number().gt(0).lt(1))
      .min(1)
      .max(100)
      .default(SHARES)
      .describe('The n, each as a share of the features.'),
    n_samples: z.int().min(2).max(10_000).default(100).describe('Random subsets for each n; 100 in the paper.'),
    subsets: recordedSubsets.describe(
      'Recorded subsets in place of random ones: for each n in turn, n_samples times n numbers of features.',
    ),
    ...common,
  }),
  cost: ({ shares, n_samples }) => ({ forwards: shares.length * n_samples + 1, backwards: 0 }),
  measure: async (ctx) => {
    const { shares, n_samples, similarity } = ctx.params;
    const features = featuresOf(ctx, ctx.params.unit);
    const sizes = shares.map((share) => Math.min(features.count - 1, Math.max(1, Math.round(share * features.count))));
    const all = sizes.flatMap((size) => new Array<number>(n_samples).fill(size));
    const sets = subsetsOf('sensitivity_n', all, ctx.params.subsets, features.count, ctx.random);
    const { sums, falls } = await removals(ctx, features, sets);
    const y = sizes.map((_, n) =>
      correlations[similarity](
        sums.slice(n * n_samples, (n + 1) * n_samples),
        falls.slice(n * n_samples, (n + 1) * n_samples),
      ),
    );
    return { score: y.reduce((sum, value) => sum + value, 0) / y.length, curve: { x: shares, y } };
  },
});

/** Sum of the values of each set of features, and the fall of the answer without it. */
export async function removals(
  ctx: RemovalContext,
  features: Features,
  sets: readonly ArrayLike<number>[],
): Promise<{ readonly sums: number[]; readonly falls: number[] }> {
  const before = await ownAnswer(ctx);
  const answers = await answersWithout(ctx, features, sets);
  return { sums: sets.map((set) => importanceOf(features, set)), falls: answers.map((after) => before - after) };
}

async function correlationOver(
  ctx: RemovalContext,
  features: Features,
  sets: readonly ArrayLike<number>[],
  similarity: keyof typeof correlations,
): Promise<number> {
  const { sums, falls } = await removals(ctx, features, sets);
  return correlations[similarity](sums, falls);
}

const drawn = (random: Random, count: number, size: number): Uint32Array => random.permutation(count).subarray(0, size);

/**
 * A subset of each size: drawn, or recorded one after the other.
 * @throws WhylightError `invalid_request` for recorded subsets of another size, or of features that are not there
 */
function subsetsOf(
  metric: string,
  sizes: readonly number[],
  recorded: readonly number[],
  count: number,
  random: Random,
): ArrayLike<number>[] {
  if (recorded.length === 0) return sizes.map((size, i) => drawn(random.at(i), count, size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (recorded.length !== total || recorded.some((feature) => feature >= count)) {
    const message = `Parameter "subsets" of ${metric} must have ${total} numbers below ${count} for ${sizes.length} subsets, but has ${recorded.length}.`;
    throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'subsets', message }] });
  }
  let from = 0;
  return sizes.map((size) => {
    from += size;
    return recorded.slice(from - size, from);
  });
}
