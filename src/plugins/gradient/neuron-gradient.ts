import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { targetLayerParameter } from '../../core/strategy/layer.ts';
import { neuronOf, neuronParameter } from '../../core/strategy/neuron.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';

/** The derivative of an inner element with respect to each element of the input. */
export default defineMethod({
  apiVersion: 1,
  id: 'neuron_gradient',
  strategy: 'gradient',
  revision: 2,
  about: {
    title: 'Neuron Gradient',
    summary:
      'How much an element inside the model changes when an element of the input changes a little. Every other method explains an inner element too, when the request names its tensor as scores.',
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: false },
    axioms: ['symmetry', 'dummy'],
  },
  presets: { captum: {} },
  params: z.object({
    target_layer: targetLayerParameter,
    neuron: neuronParameter,
    ...valueParameters(),
  }),
  needs: (params, model) => ({ gradients: 'sources', scores: neuronOf(params, model).layer.name }),
  cost: () => ({ forwards: 0, backwards: 1 }),
  explain: async (ctx) => {
    const { target } = neuronOf(ctx.params, ctx.model);
    const { scores, gradients } = await ctx.evaluate(ctx.inputs, { target });
    return { values: finishValues(gradients, ctx.params, ctx.model), channels: 'l2', score: scores[0] as number };
  },
});
