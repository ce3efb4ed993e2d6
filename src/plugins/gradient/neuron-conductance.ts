import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import type { Target } from '../../core/model/target-request.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { baselinesOf, timesDifference } from '../../core/strategy/gradient/differences.ts';
import { onLine } from '../../core/strategy/gradient/path.ts';
import { quadrature, quadratureParameter } from '../../core/strategy/gradient/quadrature.ts';
import { embeddings, lookupCost, sourceValues, withSources } from '../../core/strategy/gradient/sources.ts';
import { WeightedMean } from '../../core/strategy/gradient/weighted-mean.ts';
import { targetLayerParameter } from '../../core/strategy/layer.ts';
import { neuronOf, neuronParameter } from '../../core/strategy/neuron.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';

/**
 * Integrated Gradients of the score, but only what flows through an inner element. At each point, the score's slope at
 * the element is what is sent from there back to the input.
 */
export default defineMethod({
  apiVersion: 1,
  id: 'neuron_conductance',
  strategy: 'gradient',
  revision: 1,
  about: {
    title: 'Neuron Conductance',
    summary:
      'How much each element of the input adds to the score through an element inside the model, on the way from the baseline to the input.',
    paper: arxiv('1805.12233', 2018, 'How Important Is a Neuron?'),
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['symmetry', 'dummy', 'linearity'],
  },
  presets: { captum: { n_steps: 50, quadrature: 'riemann_trapezoid', baseline: 0, multiply_by_inputs: true } },
  params: z.object({
    target_layer: targetLayerParameter,
    neuron: neuronParameter,
    n_steps: z.int().min(1).max(1000).default(50).describe('Points on the path of the input.'),
    quadrature: quadratureParameter,
    baseline: baselineParameter,
    multiply_by_inputs: z
      .boolean()
      .default(true)
      .describe('Multiplies with input minus baseline; without it, the mean gradient through the element.'),
    ...valueParameters(),
  }),
  needs: (params, model) => {
    const { name } = neuronOf(params, model).layer;
    const looked = embeddings(model).map((source) => source.name);
    return {
      graphs: {
        score: { feeds: looked, gradients: [name] },
        neuron: { feeds: looked, gradients: 'sources', scores: name },
        ...(looked.length > 0 && { lookup: { activations: looked } }),
      },
    };
  },
  cost: ({ n_steps }, model, _, given) => ({ forwards: lookupCost(model, given), backwards: 2 * n_steps }),
  explain: async (ctx) => {
    const { n_steps, quadrature: rule, baseline, multiply_by_inputs } = ctx.params;
    const { layer, target } = neuronOf(ctx.params, ctx.model);
    const to = await sourceValues(ctx);
    const from = await baselinesOf(ctx, to, baseline);
    const { alphas, weights } = quadrature(rule, n_steps);
    const positions = [...alphas];
    const mean = new WeightedMean();
    for (let first = 0; first < n_steps; first += ctx.batchSize) {
      const portion = positions.slice(first, first + ctx.batchSize);
      const rows = withSources(ctx.inputs, onLine(from, to, portion));
      const slopes = (await ctx.evaluate(rows, { graph: 'score' })).gradients[layer.name] as Tensor<'float32'>;
      const size = slopes.data.length / portion.length;
      const through = portion.map(
        (_, row): Target => ({
          weights: target.weights.map(({ index }) => ({ index, weight: slopes.data[row * size + index] as number })),
        }),
      );
      const { gradients } = await ctx.evaluate(rows, { graph: 'neuron', target: through });
      for (const row of portion.keys()) mean.add(gradients, row, weights[first + row] as number);
    }
    const { values } = timesDifference(mean.values, from, to);
    return { values: finishValues(multiply_by_inputs ? values : mean.values, ctx.params, ctx.model) };
  },
});
