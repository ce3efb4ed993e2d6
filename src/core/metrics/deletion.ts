/**
 * Deletion and insertion (Petsiuk et al. 2018, section 4.1): the important pixels are taken away, or put in, a portion
 * at a time; the area under the model's answers says whether they mattered. Ten portions of a tenth, as Xplique takes
 * them.
 */

import * as z from 'zod';
import { choice } from '../method/choice.ts';
import { baselineParameter } from '../strategy/baseline.ts';
import type { Inputs } from '../tensor/rows.ts';
import { countsOfSteps } from './counts.ts';
import { areaUnder } from './curve.ts';
import { Features } from './features.ts';
import { defineMetric, type Measurement, type MetricContext } from './metric.ts';
import { absentOf, answersWith } from './removal.ts';

const paper = {
  title: 'RISE: Randomized input sampling for explanation of black-box models',
  year: 2018,
  url: 'https://arxiv.org/abs/1806.07421',
};

const params = z.object({
  steps: z.int().min(1).max(1000).default(10).describe('How many portions the features are taken in.'),
  max_percentage_perturbed: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('The share of the features that is taken in all, most important first.'),
  baseline: baselineParameter,
  answer: choice(
    ['probability', 'score'],
    'probability',
    "What the curve shows: the target's probability, as the paper has it, or its score as explained.",
  ),
});

type Params = z.output<typeof params>;

export const deletion = defineMetric({
  id: 'deletion',
  about: {
    title: 'Deletion AUC',
    summary:
      'How much the model still answers while the most important pixels, words or columns disappear, first things first.',
    paper,
    better: 'lower',
  },
  params,
  cost: ({ steps }) => ({ forwards: steps + 1, backwards: 0 }),
  measure: (ctx) => curve(ctx, (input) => input, emptied(ctx)),
});

export const insertion = defineMetric({
  id: 'insertion',
  about: {
    title: 'Insertion AUC',
    summary:
      'How soon the model answers when the most important pixels, words or columns appear out of nothing, first things first.',
    paper,
    better: 'higher',
  },
  params,
  cost: ({ steps }) => ({ forwards: steps + 1, backwards: 0 }),
  measure: (ctx) => curve(ctx, emptied(ctx), (input) => input),
});

/** Makes the inputs with nothing in them. */
const emptied = (ctx: MetricContext<Params>) => (): Inputs => absentOf(ctx, () => ctx.params.baseline);

async function curve(
  ctx: MetricContext<Params>,
  start: (inputs: Inputs) => Inputs,
  end: (inputs: Inputs) => Inputs,
): Promise<Measurement> {
  const { inputs, info, row, params } = ctx;
  const features = new Features(info, row, inputs);
  const ranked = features.ranked();
  const [from, to] = [start(inputs), end(inputs)];
  const taken = countsOfSteps(features.count, params.steps, params.max_percentage_perturbed);
  const sets = taken.map((count) => ranked.subarray(0, count));
  const y = await answersWith(ctx, features, { sets, from, to }, params.answer);
  return { score: areaUnder(y), curve: { x: taken.map((count) => count / features.count), y } };
}
