import * as z from 'zod';
import { choice } from '../../core/method/choice.ts';
import { arxiv } from '../../core/method/papers.ts';
import { defineFeatureMethod } from '../../core/strategy/perturbation/define-features.ts';
import type { Random } from '../../core/tensor/random.ts';

/** HSIC_j = trace(K_j H L H) / N, K the binary kernel of whether feature j is there, L a Gaussian kernel of the scores. */
export default defineFeatureMethod({
  id: 'hsic',
  revision: 1,
  about: {
    title: 'HSIC Attribution',
    summary:
      'How strongly the score depends, in whatever way, on whether a feature is there (Hilbert-Schmidt independence).',
    paper: arxiv(
      '2206.06219',
      2022,
      'Making Sense of Dependence: Efficient Black-box Explanations Using Dependence Measure',
    ),
    properties: { signed: false, complete: false, deterministic: false, classDiscriminative: true },
  },
  presets: { xplique: { nb_design: 500, bandwidth: 'median', feature_mask: 'grid', grid: [8], baseline: 0 } },
  params: {
    nb_design: z
      .int()
      .min(2)
      .max(4096)
      .default(256)
      .describe('Random coalitions (N), each feature there in half of them; Xplique takes 500.'),
    bandwidth: choice(
      ['median', 'median_distance'],
      'median',
      'Width of the Gaussian kernel: the median score, as the authors take it (made for probabilities), or the median distance between scores.',
    ),
  },
  mask: { mask: 'grid', grid: 7, segments: 49 },
  cost: (_, { nb_design }) => nb_design,
  explain: async ({ params, random }, run) => {
    const { nb_design: count, bandwidth } = params;
    const design = balancedDesign(count, run.features, random);
    const scores = new Float64Array(count);
    await run.score(
      count,
      (index, weights) => {
        for (let j = 0; j < weights.length; j++) weights[j] = design[j * count + index] as number;
      },
      (index, score) => {
        scores[index] = score;
      },
    );
    const kernel = gaussianKernel(scores, bandwidth);
    const values = Float64Array.from({ length: run.features }, (_, j) =>
      dependence(design.subarray(j * count, (j + 1) * count), kernel),
    );
    return { values: run.spread(values) };
  },
});

/** A Latin hypercube cut in halves: feature by feature, which of the coalitions have it. */
function balancedDesign(count: number, features: number, random: Random): Uint8Array {
  const design = new Uint8Array(count * features);
  for (let j = 0; j < features; j++) {
    for (const [i, rank] of random.at(j).permutation(count).entries()) design[j * count + i] = Number(rank * 2 < count);
  }
  return design;
}

function gaussianKernel(scores: Float64Array, bandwidth: 'median' | 'median_distance'): Float64Array {
  const count = scores.length;
  const distances = Float64Array.from({ length: count * count }, (_, i) =>
    Math.abs((scores[Math.floor(i / count)] as number) - (scores[i % count] as number)),
  );
  const apart = (): number => median(distances.filter((_, i) => Math.floor(i / count) < i % count));
  const width = (bandwidth === 'median' && median(scores)) || apart() || 1;
  return distances.map((distance) => Math.exp(-(distance ** 2) / (2 * width ** 2)));
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}

/**
 * The binary kernel 1 + 1/2 - (x - y)^2 is, once centred, 2 (x - mean)(y - mean): the trace is then a quadratic form.
 */
function dependence(there: Uint8Array, kernel: Float64Array): number {
  const count = there.length;
  const mean = there.reduce((a, b) => a + b, 0) / count;
  let total = 0;
  for (let i = 0; i < count; i++) {
    let row = 0;
    for (let k = 0; k < count; k++) row += ((there[k] as number) - mean) * (kernel[i * count + k] as number);
    total += ((there[i] as number) - mean) * row;
  }
  return Math.max(0, (2 * total) / count);
}
