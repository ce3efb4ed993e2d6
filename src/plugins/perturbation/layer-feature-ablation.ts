import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { defineMethod } from '../../core/method/define.ts';
import { layoutOf } from '../../core/method/layout.ts';
import { units } from '../../core/method/units.ts';
import type { ModelInfo, TensorInfo } from '../../core/model/info.ts';
import { channelsOf } from '../../core/strategy/baseline.ts';
import { targetLayer, targetLayerParameter } from '../../core/strategy/layer.ts';
import { layerValues } from '../../core/strategy/layer-values.ts';
import { ablationGraphs, scoresWithout } from '../../core/strategy/perturbation/ablation.ts';
import {
  elementsOf,
  featureCount,
  featureMask,
  featureMaskParameters,
  spreadFeatures,
} from '../../core/strategy/perturbation/feature-mask.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';

const MAX_ELEMENTS = 2 ** 16;

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
    baseline: z
      .union([units, z.array(units).min(1).max(MAX_ELEMENTS)])
      .default(0)
      .describe(
        'What stands for an absent feature, in the units of the layer: one number, one for each channel, or one for each element.',
      ),
    ...valueParameters(),
  }),
  needs: ({ target_layer }, model) => ablationGraphs(targetLayer(target_layer, model).name, model),
  cost: (params, model) => ({
    forwards: 1 + featureCount(asInput(targetLayer(params.target_layer, model), model), params, 'grid'),
    backwards: 0,
  }),
  explain: async (ctx) => {
    const { layer, values, evaluation } = await layerValues(ctx);
    const within = asInput(layer, ctx.model);
    const mask = featureMask(within, ctx.params, { [layer.name]: values }, 'grid');
    const elements = elementsOf(mask, layer.name);
    const absent = absentValues(ctx.params.baseline, values, layer, ctx.model);
    const scores = await scoresWithout(ctx, {
      layer: layer.name,
      graph: 'ablated',
      values,
      absent: () => absent,
      parts: mask.features,
      copy: (feature, from, to) => {
        for (const i of elements[feature] as Uint32Array) to[i] = from[i] as number;
      },
    });
    const drops = Float64Array.from(scores, (score) => (evaluation.scores[0] as number) - score);
    return { values: finishValues(spreadFeatures(mask, drops, within), ctx.params, ctx.model) };
  },
});

/** The model from the layer on, as far as feature masks look at it. */
const asInput = (layer: TensorInfo, model: ModelInfo): ModelInfo => ({ ...model, inputs: [layer] });

/**
 * Values of the layer without any feature.
 * @throws WhylightError `invalid_request` for a list that has neither the channels nor the elements of the layer
 */
function absentValues(
  baseline: number | readonly number[],
  { dims, data }: Tensor<'float32'>,
  layer: TensorInfo,
  model: ModelInfo,
): Float32Array {
  if (typeof baseline === 'number') return new Float32Array(data.length).fill(baseline);
  if (baseline.length === data.length) return Float32Array.from(baseline);
  const axis = layoutOf(layer, model).channels === 'first' ? 0 : dims.length - 2;
  const { channels, channelOf } = channelsOf(dims.slice(1), axis);
  if (baseline.length === channels) return data.map((_, i) => baseline[channelOf(i)] as number);
  const expected = `1, ${channels} or ${data.length}`;
  throw new WhylightError(
    'invalid_request',
    `baseline must have ${expected} numbers for the layer "${layer.name}" [${dims.slice(1).join(', ')}], but has ${baseline.length}.`,
    { issues: [{ parameter: 'baseline', message: `must have ${expected} numbers, has ${baseline.length}` }] },
  );
}
