import * as z from 'zod';
import { excluding } from '../../core/autodiff/ruleset.ts';
import { gradient } from '../../core/autodiff/rulesets/gradient.ts';
import { guided } from '../../core/autodiff/rulesets/guided.ts';
import { WhylightError } from '../../core/errors.ts';
import { resizeMap } from '../../core/image/resize.ts';
import { choice } from '../../core/method/choice.ts';
import { defineMethod } from '../../core/method/define.ts';
import { layoutOf } from '../../core/method/layout.ts';
import { arxiv } from '../../core/method/papers.ts';
import type { TensorInfo } from '../../core/model/info.ts';
import { meanGradients, weightedSum } from '../../core/strategy/activation/cam.ts';
import { featureMaps } from '../../core/strategy/activation/feature-maps.ts';
import { targetLayer, targetLayerParameter } from '../../core/strategy/layer.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

/** Guided backpropagation times the enlarged Grad-CAM map: fine detail, where it speaks for the class. */
export default defineMethod({
  apiVersion: 1,
  id: 'guided_grad_cam',
  strategy: 'activation',
  revision: 1,
  about: {
    title: 'Guided Grad-CAM',
    summary: 'Fine detail in the positions that raise the score: guided backpropagation under the map of Grad-CAM.',
    paper: arxiv(
      '1610.02391',
      2017,
      'Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization',
      'section 3.2',
    ),
    modalities: ['image', 'series'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  presets: { captum: { interpolation: 'nearest' } },
  params: z.object({
    target_layer: targetLayerParameter,
    interpolation: choice(['nearest', 'bilinear'], 'nearest', 'How the map is enlarged; nearest as Captum.'),
    exclude: z
      .array(z.string())
      .max(100)
      .default([])
      .describe('Names of nodes that keep their plain gradient on the way back.'),
    ...valueParameters(),
  }),
  needs: ({ target_layer, exclude }, model) => {
    const { name } = targetLayer(target_layer, model);
    for (const source of model.sources) spaceOf(source);
    return {
      graphs: {
        cam: { gradients: [name], activations: [name] },
        guided: { gradients: 'sources', ruleset: excluding(guided, exclude, gradient) },
      },
    };
  },
  cost: () => ({ forwards: 0, backwards: 2 }),
  explain: async (ctx) => {
    const layer = targetLayer(ctx.params.target_layer, ctx.model);
    const { activations, gradients } = await ctx.evaluate(ctx.inputs);
    const maps = featureMaps(
      layoutOf(layer, ctx.model),
      activations[layer.name] as Tensor<'float32'>,
      gradients[layer.name],
    );
    const map = Float32Array.from(weightedSum(maps, meanGradients(maps)), (value) => Math.max(0, value));
    const detail = (await ctx.evaluate(ctx.inputs, { graph: 'guided' })).gradients;
    const values = ctx.model.sources.map((source) => {
      const { dims, data } = detail[source.name] as Tensor<'float32'>;
      const space = spaceOf(source);
      const enlarged = enlarge(
        map,
        plane(maps.space),
        plane(space.axes.map((axis) => dims[axis + 1] as number)),
        ctx.params.interpolation,
      );
      const inner = space.channelsLast ? (dims.at(-1) as number) : 1;
      const products = new Float32Array(data.length);
      for (let i = 0; i < products.length; ) {
        for (let p = 0; p < enlarged.length; p++) {
          for (let c = 0; c < inner; c++, i++) products[i] = (data[i] as number) * (enlarged[p] as number);
        }
      }
      return [source.name, float32(dims, products)];
    });
    return { values: finishValues(Object.fromEntries(values), ctx.params, ctx.model) };
  },
});

/** Spatial axes of a row. */
function spaceOf({ name, dims, channelAxis }: TensorInfo) {
  if (channelAxis === undefined || dims.length < 2 || dims.length > 3) {
    throw new WhylightError(
      'unprocessable_method',
      `The input "${name}" is neither an image nor a series: use guided_backprop.`,
      {
        input: name,
      },
    );
  }
  const axes = Array.from(dims.keys()).filter((axis) => axis !== channelAxis);
  return { axes, channelsLast: channelAxis === dims.length - 1 };
}

/** Series are images of one line. */
const plane = (space: readonly number[]): [number, number] => [
  space.length > 1 ? (space[0] as number) : 1,
  space.at(-1) ?? 1,
];

function enlarge(
  map: Float32Array,
  [height, width]: readonly [number, number],
  [outHeight, outWidth]: readonly [number, number],
  how: 'nearest' | 'bilinear',
): Float32Array {
  if (how === 'bilinear') return resizeMap(map, [height, width], [outHeight, outWidth]);
  return Float32Array.from({ length: outHeight * outWidth }, (_, i) => {
    const y = Math.floor((Math.floor(i / outWidth) * height) / outHeight);
    const x = Math.floor(((i % outWidth) * width) / outWidth);
    return map[y * width + x] as number;
  });
}
