import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';

/** The derivative of the score with respect to each element of the input. */
export default defineMethod({
  apiVersion: 1,
  id: 'saliency',
  strategy: 'gradient',
  revision: 1,
  about: {
    title: 'Saliency',
    summary:
      'How much the score changes when an element of the input changes a little: the gradient, or its absolute value.',
    paper: {
      title: 'Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps',
      year: 2013,
      url: 'https://arxiv.org/abs/1312.6034',
      where: 'section 3.1',
    },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['symmetry', 'dummy'],
  },
  presets: {
    captum: { absolute: true },
    xplique: { absolute: true, reduction: 'max_abs' },
    pair: { absolute: false },
    zennit: { absolute: false },
  },
  params: z.object({ absolute: absoluteParameter(true), reduction: reductionParameter }),
  needs: () => ({ gradients: 'sources' }),
  cost: () => ({ forwards: 0, backwards: 1 }),
  explain: async (ctx) => {
    const { gradients } = await ctx.evaluate(ctx.inputs);
    return { values: finishValues(gradients, ctx.params, ctx.model) };
  },
});
