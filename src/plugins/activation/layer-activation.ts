import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { targetLayer, targetLayerParameter } from '../../core/strategy/layer.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';

/** The values of an inner tensor as they are. */
export default defineMethod({
  apiVersion: 1,
  id: 'layer_activation',
  strategy: 'activation',
  revision: 1,
  about: {
    title: 'Layer Activation',
    summary: 'What a layer says of the input: its values, whatever the class.',
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: false },
  },
  presets: { captum: {} },
  params: z.object({
    target_layer: targetLayerParameter,
    absolute: absoluteParameter(false),
    reduction: reductionParameter,
  }),
  needs: ({ target_layer }, model) => ({ activations: [targetLayer(target_layer, model).name] }),
  cost: () => ({ forwards: 1, backwards: 0 }),
  explain: async (ctx) => {
    const { activations } = await ctx.evaluate(ctx.inputs);
    return { values: finishValues(activations, ctx.params, ctx.model) };
  },
});
