import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { gradientLayer, gradientLayerParameter } from '../../core/strategy/layer.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';

/** The derivative of the score with respect to an inner tensor. */
export default defineMethod({
  apiVersion: 1,
  id: 'layer_gradient',
  strategy: 'activation',
  revision: 3,
  about: {
    title: 'Layer Gradient',
    summary: 'How the score changes with each element of a layer.',
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  params: z.object({
    target_layer: gradientLayerParameter,
    absolute: absoluteParameter(false),
    reduction: reductionParameter,
  }),
  needs: ({ target_layer }, model) => ({ gradients: [gradientLayer(target_layer, model).name] }),
  cost: () => ({ forwards: 0, backwards: 1 }),
  explain: async (ctx) => {
    const { gradients } = await ctx.evaluate(ctx.inputs);
    return { values: finishValues(gradients, ctx.params, ctx.model), channels: 'l2' };
  },
});
