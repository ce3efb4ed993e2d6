import * as z from 'zod';
import { choice } from '../../core/method/choice.ts';
import type { ExplainContext } from '../../core/method/contract.ts';
import { arxiv } from '../../core/method/papers.ts';
import { checkFeatures, coalitionCount } from '../../core/strategy/perturbation/coalitions.ts';
import { defineFeatureMethod, type FeatureRun } from '../../core/strategy/perturbation/define-features.ts';
import { lasso, ridge, weightedDeviation } from '../../core/tensor/least-squares.ts';
import { isFloat } from '../../core/tensor/tensor.ts';

/** The coefficients of a linear model fitted to scores of random coalitions, near ones counting more. */
export default defineFeatureMethod({
  id: 'lime',
  revision: 3,
  about: {
    title: 'LIME',
    summary: 'A linear model that says how the score changes, near this input, when features are taken away.',
    paper: arxiv(
      '1602.04938',
      2016,
      '"Why Should I Trust You?": Explaining the Predictions of Any Classifier',
      'equation 1',
    ),
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
  },
  presets: {
    captum: {
      n_samples: 25,
      surrogate: 'lasso',
      alpha: 0.01,
      penalty: 'absolute',
      distance: 'cosine',
      kernel_width: 1,
      feature_mask: 'none',
      baseline: 0,
    },
  },
  params: {
    n_samples: z
      .int()
      .min(2)
      .max(100_000)
      .default(256)
      .describe('Rows to evaluate at most: random coalitions, or all 2^d of d features when that is no more.'),
    surrogate: choice(
      ['lasso', 'ridge', 'least_squares'],
      'lasso',
      "The linear model; alpha is its penalty, in scikit-learn's scale. Captum takes a lasso, the authors' library a ridge of 1.",
    ),
    alpha: z.number().min(0).default(0.01).describe('Penalty of the linear model.'),
    penalty: choice(
      ['relative', 'absolute'],
      'relative',
      'Unit of the penalty of a lasso: the standard deviation of the scores, so that scores of any size give the same selection, or the unit of the score, as Captum takes it. A ridge does not depend on the unit.',
    ),
    distance: choice(
      ['cosine', 'euclidean'],
      'cosine',
      'How far a coalition is from the input, measured between the tensors that the model sees.',
    ),
    kernel_width: z
      .number()
      .positive()
      .default(1)
      .describe('Coalitions at distance d weigh exp(-d^2 / (2 kernel_width^2)).'),
  },
  mask: { mask: 'superpixels', grid: 7, segments: 40 },
  cost: (features, { n_samples }) => Math.min(n_samples, coalitionCount(checkFeatures('lime', features))),
  explain: async (ctx, run) => {
    const { n_samples, surrogate, alpha, penalty } = ctx.params;
    const { features } = run;
    const all = coalitionCount(features);
    const count = Math.min(n_samples, all);
    const design = new Uint8Array(count * features);
    const similar = similarity(ctx, run);
    const [scores, weights] = [new Float64Array(count), new Float64Array(count)];
    await run.score(
      count,
      (index, present) => {
        // Each coalition is as likely as any other, so all of them once are the whole distribution.
        const draws = all <= n_samples ? undefined : ctx.random.at(index).uniform(features);
        for (let j = 0; j < present.length; j++) {
          present[j] = draws ? Number((draws[j] as number) < 0.5) : Math.floor(index / 2 ** j) % 2;
        }
      },
      (index, score, present) => {
        design.set(present, index * features);
        scores[index] = score;
        weights[index] = similar(present);
      },
    );
    const fitted = { rows: count, columns: features, data: design };
    const unit = penalty === 'relative' ? weightedDeviation(scores, weights) : 1;
    const { coefficients } =
      surrogate === 'lasso'
        ? lasso(fitted, scores, weights, { alpha: alpha * unit })
        : ridge(fitted, scores, weights, { alpha: surrogate === 'ridge' ? alpha : 0 });
    const varies = scores.some((score) => score !== scores[0]);
    return {
      values: run.spread(coefficients),
      ...(surrogate === 'lasso' && varies && { zeros: PENALTY_TOO_LARGE }),
    };
  },
});

const PENALTY_TOO_LARGE =
  'the score does change with the features, but less than the penalty of the lasso allows for. Lower alpha, or leave penalty=relative.';

type Distances = Pick<
  ExplainContext<{ readonly distance: string; readonly kernel_width: number }>,
  'inputs' | 'params'
>;

/** The kernel of the distance between the input and a mixture. Both distances follow from sums for each feature. */
function similarity(
  { inputs, params: { distance, kernel_width } }: Distances,
  { features, ids, absent }: FeatureRun,
): (present: ArrayLike<number>) => number {
  // Behind the features: elements of none, which are always there.
  const sums = () => new Float64Array(features + 1);
  const [xx, xb, bb] = [sums(), sums(), sums()];
  for (const [name, numbers] of Object.entries(ids)) {
    const [own, other] = [inputs[name]?.data ?? [], absent[name]?.data ?? []];
    const isIds = !isFloat(inputs[name]?.dtype ?? 'float32');
    for (const [i, id] of numbers.entries()) {
      // Ids and gaps have no size: they are what they are, or not.
      const [here, gone] = [Number(own[i]), Number(other[i])];
      const isSized = !isIds && !Number.isNaN(here + gone);
      const [x, b] = isSized ? [here, gone] : [1, Number(Object.is(here, gone))];
      xx[id] = (xx[id] as number) + x * x;
      xb[id] = (xb[id] as number) + x * b;
      bb[id] = (bb[id] as number) + b * b;
    }
  }
  const length = Math.sqrt(xx.reduce((a, b) => a + b, 0));
  return (present) => {
    let [dot, squares, apart] = [xx[features] as number, xx[features] as number, 0];
    for (let j = 0; j < features; j++) {
      const [x, cross, b] = [xx[j] as number, xb[j] as number, bb[j] as number];
      dot += present[j] ? x : cross;
      squares += present[j] ? x : b;
      if (!present[j]) apart += x - 2 * cross + b;
    }
    const cosine = 1 - dot / Math.max(length * Math.sqrt(squares), 1e-8);
    const far = distance === 'cosine' ? cosine ** 2 : Math.max(0, apart);
    return Math.exp(-far / (2 * kernel_width ** 2));
  };
}
