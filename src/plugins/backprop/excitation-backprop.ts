import * as z from 'zod';
import { excitation } from '../../core/autodiff/rulesets/excitation.ts';
import { defineMethod } from '../../core/method/define.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';

/** Excitation backprop: the probability that each element wins when each winner passes its win to a unit that excites it. */
export default defineMethod({
  apiVersion: 1,
  id: 'excitation_backprop',
  strategy: 'activation',
  revision: 1,
  about: {
    title: 'Excitation Backprop',
    summary:
      'Where the excitation of the score comes from: each unit shares its probability of winning among those below it, by what they add with positive weights.',
    paper: {
      title: 'Top-down Neural Attention by Excitation Backprop',
      year: 2016,
      url: 'https://arxiv.org/abs/1608.00507',
      where: 'equation 10',
    },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  params: z.object({
    contrastive: z
      .boolean()
      .default(false)
      .describe(
        'Takes off what excites the dual of the class, which has the negative weights in the last layer: what is left tells the class from others.',
      ),
    target_layer: z
      .string()
      .min(1)
      .default('input')
      .describe(
        'Where the probabilities are read: "input", or the name of an inner tensor, behind a ReLU at best; negative inputs win nothing.',
      ),
    absolute: absoluteParameter(false),
    reduction: reductionParameter,
  }),
  needs: ({ contrastive, target_layer }, model) => ({
    gradients: target_layer === 'input' ? 'sources' : [model.tensor(target_layer).name],
    ruleset: excitation(contrastive),
  }),
  cost: () => ({ forwards: 0, backwards: 1 }),
  explain: async (ctx) => {
    const { gradients } = await ctx.evaluate(ctx.inputs);
    return { values: finishValues(gradients, ctx.params, ctx.model) };
  },
});
