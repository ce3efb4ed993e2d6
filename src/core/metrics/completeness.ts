/** Completeness (Sundararajan et al. 2017): the attributions should add up to the difference from the baseline's score. */
import * as z from 'zod';
import { baselineOf, baselineParameter } from '../strategy/baseline.ts';
import { sumOf } from '../tensor/sum.ts';
import { defineMetric } from './metric.ts';

export const completenessGap = defineMetric({
  id: 'completeness_gap',
  about: {
    title: 'Completeness gap',
    summary:
      'How much the sum of the attribution misses the difference between the score and the score of the baseline.',
    paper: {
      title: 'Axiomatic attribution for deep networks',
      year: 2017,
      url: 'https://arxiv.org/abs/1703.01365',
    },
    better: 'lower',
  },
  params: z.object({
    baseline: baselineParameter,
    relative: z.boolean().default(false).describe('As a share of the difference, in place of units of the score.'),
  }),
  cost: () => ({ forwards: 2, backwards: 0 }),
  measure: async ({ params, inputs, info, row, answers }) => {
    const empty = Object.fromEntries(
      info.inputs.map((one) => {
        const input = inputs[one.name] as (typeof inputs)[string];
        return [one.name, input.dtype === 'float32' ? baselineOf(input, one, params.baseline) : input];
      }),
    );
    const [score = 0] = (await answers(inputs)).scores;
    const [without = 0] = (await answers(empty)).scores;
    const difference = score - without;
    const gap = Math.abs(sumOf(Object.values(row.values).map(({ data }) => sumOf(data))) - difference);
    return { score: params.relative ? gap / Math.abs(difference) : gap };
  },
});
