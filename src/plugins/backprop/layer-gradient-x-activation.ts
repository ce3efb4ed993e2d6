import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { targetLayer, targetLayerParameter } from '../../core/strategy/layer.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';
import { productsOf } from '../../core/tensor/products.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

/** Input x Gradient, at an inner tensor. */
export default defineMethod({
  apiVersion: 1,
  id: 'layer_gradient_x_activation',
  strategy: 'activation',
  revision: 1,
  about: {
    title: 'Layer Gradient x Activation',
    summary: 'What each element of a layer contributes to the score if the rest of the model were linear.',
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  presets: { captum: {} },
  params: z.object({
    target_layer: targetLayerParameter,
    absolute: absoluteParameter(false),
    reduction: reductionParameter,
  }),
  needs: ({ target_layer }, model) => {
    const { name } = targetLayer(target_layer, model);
    return { gradients: [name], activations: [name] };
  },
  cost: () => ({ forwards: 0, backwards: 1 }),
  explain: async (ctx) => {
    const { name } = targetLayer(ctx.params.target_layer, ctx.model);
    const { gradients, activations } = await ctx.evaluate(ctx.inputs);
    const [slopes, values] = [gradients[name] as Tensor<'float32'>, activations[name] as Tensor<'float32'>];
    const products = float32(slopes.dims, productsOf(slopes.data, values.data));
    return { values: finishValues({ [name]: products }, ctx.params, ctx.model) };
  },
});
