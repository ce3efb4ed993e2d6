import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import type { ModelInfo } from '../../core/model/info.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { baselinesOf, timesDifference } from '../../core/strategy/gradient/differences.ts';
import { integrateGradients } from '../../core/strategy/gradient/path.ts';
import { quadrature, quadratureParameter } from '../../core/strategy/gradient/quadrature.ts';
import { embeddings, lookupCost, sourceValues, withSources } from '../../core/strategy/gradient/sources.ts';
import { targetLayer, targetLayerParameter } from '../../core/strategy/layer.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';

/** Integrated Gradients from the layer's values at the baseline to those at the input. */
export default defineMethod({
  apiVersion: 1,
  id: 'layer_integrated_gradients',
  strategy: 'gradient',
  revision: 1,
  about: {
    title: 'Layer Integrated Gradients',
    summary:
      'How much each element of a layer adds to the score on the way from its value at the baseline to its value at the input.',
    paper: arxiv('1703.01365', 2017, 'Axiomatic Attribution for Deep Networks', 'equation 1'),
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  presets: { captum: { n_steps: 50, quadrature: 'gausslegendre', baseline: 0, multiply_by_inputs: true } },
  readsScore: true,
  params: z.object({
    target_layer: targetLayerParameter,
    more_layers: z
      .array(z.string().min(1))
      .max(20)
      .default([])
      .describe('Names of further tensors that move at the same time; each gets values of its own.'),
    n_steps: z.int().min(1).max(1000).default(50).describe('Points on the path of the layer.'),
    quadrature: quadratureParameter,
    baseline: baselineParameter,
    multiply_by_inputs: z
      .boolean()
      .default(true)
      .describe("Multiplies with the layer's value minus its value at the baseline; without it, the mean gradient."),
    ...valueParameters(),
  }),
  needs: (params, model) => {
    const layers = layersOf(params, model);
    const looked = embeddings(model).map(({ name }) => name);
    return {
      graphs: {
        // Rows go into an input of the model in any case.
        path: { gradients: layers, feeds: layers.filter((name) => !model.inputs.some((input) => input.name === name)) },
        ends: { feeds: looked, activations: layers },
        ...(looked.length > 0 && { lookup: { activations: looked } }),
      },
    };
  },
  cost: ({ n_steps }, model, _, given) => ({ forwards: lookupCost(model, given) + 2, backwards: n_steps }),
  explain: async (ctx) => {
    const { n_steps, quadrature: rule, baseline, multiply_by_inputs } = ctx.params;
    const input = await sourceValues(ctx);
    const start = withSources(ctx.inputs, await baselinesOf(ctx, input, baseline));
    const { scores, activations: from } = await ctx.evaluate(start, { graph: 'ends' });
    const { activations: to } = await ctx.evaluate(withSources(ctx.inputs, input), { graph: 'ends' });
    const means = await integrateGradients(ctx, from, to, quadrature(rule, n_steps));
    const { values, sum } = timesDifference(means, from, to);
    const baselineScore = scores[0] as number;
    return {
      values: finishValues(multiply_by_inputs ? values : means, ctx.params, ctx.model),
      baselineScore,
      convergenceDelta: sum - (ctx.score - baselineScore),
    };
  },
});

const layersOf = (
  { target_layer, more_layers }: { readonly target_layer: string; readonly more_layers: readonly string[] },
  model: ModelInfo,
): string[] => [targetLayer(target_layer, model).name, ...more_layers.map((name) => model.tensor(name).name)];
