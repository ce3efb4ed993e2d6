import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { units } from '../../core/method/units.ts';
import type { ModelInfo, TensorInfo } from '../../core/model/info.ts';
import { targetLayer, targetLayerParameter } from '../../core/strategy/layer.ts';
import { scoresWithout } from '../../core/strategy/perturbation/ablation.ts';
import {
  elementsOf,
  featureCount,
  featureMask,
  featureMaskParameters,
  spreadFeatures,
} from '../../core/strategy/perturbation/feature-mask.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';
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
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  presets: { captum: { feature_mask: 'none', baseline: 0 } },
  params: z.object({
    target_layer: targetLayerParameter,
    ...featureMaskParameters({ mask: 'grid', grid: 7, segments: 49 }),
    baseline: units.default(0).describe('What stands for an absent feature, in the units of the layer.'),
    ...valueParameters(),
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
    const elements = elementsOf(mask, layer.name);
    const scores = await scoresWithout(ctx, {
      layer: layer.name,
      graph: 'ablated',
      values,
      absent: ctx.params.baseline,
      parts: mask.features,
      copy: (feature, from, to) => {
        for (const i of elements[feature] as Uint32Array) to[i] = from[i] as number;
      },
    });
    const drops = Float64Array.from(scores, (score) => (whole.scores[0] as number) - score);
    return { values: finishValues(spreadFeatures(mask, drops, within), ctx.params, ctx.model) };
  },
});

/** The model from the layer on, as far as feature masks look at it. */
const asInput = (layer: TensorInfo, model: ModelInfo): ModelInfo => ({ ...model, inputs: [layer] });
