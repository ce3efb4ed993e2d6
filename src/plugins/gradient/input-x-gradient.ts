import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { embeddings } from '../../core/strategy/gradient/sources.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';
import { productsOf } from '../../core/tensor/products.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

/** Each element of the input times its gradient: exact for a model that is linear without bias. */
export default defineMethod({
  apiVersion: 1,
  id: 'input_x_gradient',
  strategy: 'gradient',
  revision: 1,
  about: {
    title: 'Input x Gradient',
    summary: 'What each element contributes to the score if the model were linear around this input.',
    paper: {
      title: 'Not Just a Black Box: Learning Important Features Through Propagating Activation Differences',
      year: 2016,
      url: 'https://arxiv.org/abs/1605.01713',
    },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['symmetry', 'dummy', 'linearity'],
  },
  presets: { captum: {}, xplique: { reduction: 'mean' } },
  params: z.object({ absolute: absoluteParameter(false), reduction: reductionParameter }),
  needs: (_, model) => ({ gradients: 'sources', activations: embeddings(model).map(({ name }) => name) }),
  cost: () => ({ forwards: 0, backwards: 1 }),
  explain: async (ctx) => {
    const { gradients, activations } = await ctx.evaluate(ctx.inputs);
    const values = Object.entries(gradients).map(([name, { dims, data }]) => {
      const source = (activations[name] ?? ctx.inputs[name]) as Tensor<'float32'>;
      return [name, float32(dims, productsOf(data, source.data))];
    });
    return { values: finishValues(Object.fromEntries(values), ctx.params, ctx.model) };
  },
});
