import { z } from 'zod';
import type { ModelInfo, TensorInfo } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { targetLayer, targetLayerParameter } from '../../core/strategy/layer.ts';
import {
  featureCount,
  featureMask,
  featureMaskParameters,
  spreadFeatures,
} from '../../core/strategy/perturbation/feature-mask.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';
import { repeatRow } from '../../core/tensor/rows.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';

/** By how much the score drops when a feature of a layer is replaced by a number; the layer is fed in its place. */
export default defineMethod({
  apiVersion: 1,
  id: 'layer_feature_ablation',
  strategy: 'perturbation',
  revision: 1,
  about: {
    title: 'Layer Feature Ablation',
    summary: 'How much the score drops when an element of a layer, or a group of them, is taken away.',
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  presets: { captum: { feature_mask: 'none', baseline: 0 } },
  params: z.object({
    target_layer: targetLayerParameter,
    ...featureMaskParameters({ mask: 'grid', grid: 7, segments: 49 }),
    baseline: z.number().default(0).describe('What stands for an absent feature, in the units of the layer.'),
    absolute: absoluteParameter(false),
    reduction: reductionParameter,
  }),
  needs: ({ target_layer }, model) => {
    const { name } = targetLayer(target_layer, model);
    const isInput = model.inputs.some((input) => input.name === name);
    return { graphs: { layer: { activations: [name] }, ablated: isInput ? {} : { feeds: [name] } } };
  },
  cost: (params, model) => ({
    forwards: 1 + featureCount(asInput(targetLayer(params.target_layer, model), model), params),
    backwards: 0,
  }),
  explain: async (ctx) => {
    const layer = targetLayer(ctx.params.target_layer, ctx.model);
    const whole = await ctx.evaluate(ctx.inputs);
    const values = whole.activations[layer.name] as Tensor<'float32'>;
    const within = asInput(layer, ctx.model);
    const mask = featureMask(within, ctx.params, { [layer.name]: values });
    const ids = mask.ids[layer.name] as Uint32Array;
    const drops = new Float64Array(mask.features);
    for (let first = 0; first < mask.features; first += ctx.batchSize) {
      const size = Math.min(ctx.batchSize, mask.features - first);
      const rows = repeatRow(values, size).data.slice();
      for (const i of rows.keys()) {
        const feature = first + Math.floor(i / ids.length);
        if (ids[i % ids.length] === feature) rows[i] = ctx.params.baseline;
      }
      const ablated = { ...values, dims: [size, ...values.dims.slice(1)], data: rows };
      const { scores } = await ctx.evaluate({ ...ctx.inputs, [layer.name]: ablated }, { graph: 'ablated' });
      for (const [row, score] of scores.entries()) drops[first + row] = (whole.scores[0] as number) - score;
    }
    return { values: finishValues(spreadFeatures(mask, drops, within), ctx.params, ctx.model) };
  },
});

/** The model from the layer on, as far as feature masks look at it. */
const asInput = (layer: TensorInfo, model: ModelInfo): ModelInfo => ({ ...model, inputs: [layer] });
