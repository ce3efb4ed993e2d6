import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { baselinesOf } from '../../core/strategy/gradient/differences.ts';
import { type Buffers, onLine } from '../../core/strategy/gradient/path.ts';
import { quadrature, quadratureParameter } from '../../core/strategy/gradient/quadrature.ts';
import { lookupCost, needsOfSources, sourceValues, withSources } from '../../core/strategy/gradient/sources.ts';
import { inPortions } from '../../core/strategy/inner-method/progress.ts';
import { targetLayer, targetLayerParameter } from '../../core/strategy/layer.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';
import { sumOf } from '../../core/tensor/sum.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

/**
 * Along the path of the input, the gradient at each element of the layer times the element's step to the next point,
 * summed: `n_steps + 1` points for `n_steps` steps, as Captum does.
 */
export default defineMethod({
  apiVersion: 1,
  id: 'layer_conductance',
  strategy: 'gradient',
  revision: 1,
  about: {
    title: 'Layer Conductance',
    summary:
      'How much of the difference to the baseline score flows through each element of a layer, on the way from the baseline to the input.',
    paper: arxiv('1805.12233', 2018, 'How Important Is a Neuron?'),
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  presets: { captum: { n_steps: 50, quadrature: 'gausslegendre', baseline: 0 } },
  readsScore: true,
  params: z.object({
    target_layer: targetLayerParameter,
    n_steps: z.int().min(1).max(1000).default(50).describe('Steps on the path of the input.'),
    quadrature: quadratureParameter,
    baseline: baselineParameter,
    ...valueParameters(),
  }),
  needs: ({ target_layer }, model) => {
    const { name } = targetLayer(target_layer, model);
    return needsOfSources(model, { gradients: [name], activations: [name] });
  },
  cost: ({ n_steps }, model, _, given) => ({ forwards: lookupCost(model, given), backwards: n_steps + 2 }),
  explain: async (ctx) => {
    const { target_layer, n_steps, quadrature: rule, baseline } = ctx.params;
    const { name } = targetLayer(target_layer, ctx.model);
    const to = await sourceValues(ctx);
    const from = await baselinesOf(ctx, to, baseline);
    const { scores } = await ctx.evaluate(withSources(ctx.inputs, from));
    const alphas = [...quadrature(rule, n_steps + 1).alphas];
    let flows: Float64Array | undefined;
    let dims: readonly number[] = [];
    // The last point of a portion meets the first of the next.
    let before: { slopes: Float32Array; values: Float32Array } | undefined;
    const buffers: readonly Buffers[] = [{}, {}];
    await inPortions(
      ctx,
      alphas.length,
      ({ first, count, slot }) =>
        withSources(ctx.inputs, onLine(from, to, alphas.slice(first, first + count), buffers[slot])),
      ({ gradients, activations }, { count }) => {
        const [slopes, values] = [gradients[name] as Tensor<'float32'>, activations[name] as Tensor<'float32'>];
        dims = [1, ...slopes.dims.slice(1)];
        const size = slopes.data.length / count;
        flows ??= new Float64Array(size);
        for (let row = 0; row < count; row++) {
          const point = {
            slopes: slopes.data.subarray(row * size, (row + 1) * size),
            values: values.data.subarray(row * size, (row + 1) * size),
          };
          if (before) addStep(flows, before, point.values);
          before = point;
        }
      },
    );
    const baselineScore = scores[0] as number;
    const conductance = float32(dims, flows);
    return {
      values: finishValues({ [name]: conductance }, ctx.params, ctx.model),
      baselineScore,
      convergenceDelta: sumOf(conductance.data) - (ctx.score - baselineScore),
    };
  },
});

function addStep(
  flows: Float64Array,
  { slopes, values }: { slopes: Float32Array; values: Float32Array },
  next: Float32Array,
): void {
  for (let i = 0; i < flows.length; i++)
    flows[i] = (flows[i] as number) + (slopes[i] as number) * ((next[i] as number) - (values[i] as number));
}
