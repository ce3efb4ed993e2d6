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

/** S = 1 / (N p) sum_i f(x * M_i) M_i: the mean score of the masks that keep a place. */
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
    centered: z
      .boolean()
      .default(true)
      .describe(
        "Subtracts the mean score of all masks first: the paper's map less a constant, with far less noise and with a sign. False gives the paper's sum.",
      ),
    baseline: baselineParameter,
    absolute: absoluteParameter(false),
    reduction: reductionParameter,
  }),
  needs: () => ({}),
  cost: ({ n_masks }) => ({ forwards: n_masks, backwards: 0 }),
  explain: async (ctx) => {
    const { n_masks, cells, probability, centered } = ctx.params;
    const mask = placeMask(ctx.model);
    const [seen, scored] = [new Float64Array(mask.features), new Float64Array(mask.features)];
    let total = 0;
    const answer = (done: number): Attribution => {
      const mean = centered ? total / done : 0;
      const values = scored.map((sum, place) => (sum - mean * (seen[place] as number)) / (done * probability));
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
