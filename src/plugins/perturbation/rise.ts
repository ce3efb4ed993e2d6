import { z } from 'zod';
import type { Attribution } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { placeMask, spreadFeatures } from '../../core/strategy/perturbation/feature-mask.ts';
import { absentInputs, scoreMixtures } from '../../core/strategy/perturbation/mixtures.ts';
import { randomMask } from '../../core/strategy/perturbation/random-masks.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';

/** How often a partial map is given. */
const PARTIALS = 10;
/** Keeps a place that no mask has shown from dividing by zero. */
const LEAST_COVERAGE = 1e-8;

/** S = E[f(x * M) | M keeps the place], estimated as sum_i f(x * M_i) M_i / sum_i M_i. */
export default defineMethod({
  apiVersion: 1,
  id: 'rise',
  strategy: 'perturbation',
  revision: 1,
  about: {
    title: 'RISE',
    summary: 'How high the score is on average when a place is visible through random masks.',
    paper: {
      title: 'RISE: Randomized Input Sampling for Explanation of Black-box Models',
      year: 2018,
      url: 'https://arxiv.org/abs/1806.07421',
    },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
  },
  params: z.object({
    n_masks: z
      .int()
      .min(1)
      .max(100_000)
      .default(1000)
      .describe(
        'Random masks (N). The paper takes 4000 for VGG16 and 8000 for ResNet50; noise falls with the square root.',
      ),
    cells: z.int().min(1).max(64).default(7).describe('Cells of a mask along each side (s).'),
    probability: z.number().gt(0).lte(1).default(0.5).describe('How likely a cell is visible (p).'),
    normalization: z
      .enum(['coverage', 'expected', 'centered'])
      .default('coverage')
      .describe(
        'What the sum over the masks that keep a place is divided by: how often they kept it, as Xplique does (the mean score of these masks), or the N p that is expected, as the paper does (the same in the limit, with more noise). "centered" is the latter less the mean score of all masks: below zero where hiding helps.',
      ),
    baseline: baselineParameter,
    absolute: absoluteParameter(false),
    reduction: reductionParameter,
  }),
  needs: () => ({}),
  cost: ({ n_masks }) => ({ forwards: n_masks, backwards: 0 }),
  explain: async (ctx) => {
    const { n_masks, cells, probability, normalization } = ctx.params;
    const mask = placeMask(ctx.model);
    const [seen, scored] = [new Float64Array(mask.features), new Float64Array(mask.features)];
    let total = 0;
    const answer = (done: number): Attribution => {
      const mean = normalization === 'centered' ? total / done : 0;
      const values = scored.map((sum, place) => {
        const kept = seen[place] as number;
        const by = normalization === 'coverage' ? Math.max(kept, LEAST_COVERAGE) : done * probability;
        return (sum - mean * kept) / by;
      });
      return { values: finishValues(spreadFeatures(mask, values, ctx.model), ctx.params, ctx.model) };
    };
    const every = Math.max(1, Math.ceil(n_masks / PARTIALS));
    await scoreMixtures(
      ctx,
      {
        count: n_masks,
        mask,
        absent: absentInputs(ctx),
        weigh: (index, weights) => randomMask(ctx.model, { cells, keep: probability }, ctx.random.at(index), weights),
      },
      (index, score, weights) => {
        total += score;
        for (let place = 0; place < weights.length; place++) {
          const weight = weights[place] as number;
          seen[place] = (seen[place] as number) + weight;
          scored[place] = (scored[place] as number) + score * weight;
        }
        if ((index + 1) % every === 0 && index + 1 < n_masks) ctx.partial(answer(index + 1));
      },
    );
    return answer(n_masks);
  },
});
