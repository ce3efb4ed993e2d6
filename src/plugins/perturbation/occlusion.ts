import * as z from 'zod';
import { choice } from '../../core/method/choice.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import type { ModelInfo } from '../../core/model/info.ts';
import { knownDims } from '../../core/model/known-dims.ts';
import { baselineOf, baselineParameter } from '../../core/strategy/baseline.ts';
import { type WindowShape, windowParameters, windowShapes } from '../../core/strategy/perturbation/extents.ts';
import { spreadFeatures } from '../../core/strategy/perturbation/feature-mask.ts';
import { absentInputs, scoreDrops } from '../../core/strategy/perturbation/mixtures.ts';
import { modalityMask } from '../../core/strategy/perturbation/modality-mask.ts';
import { type Copy, copyRange, type Elements, scorePerturbed } from '../../core/strategy/perturbation/perturb.ts';
import { WindowMaps } from '../../core/strategy/perturbation/window-maps.ts';
import { slidingWindows, type Windows } from '../../core/strategy/perturbation/windows.ts';
import { isPrecise, precisionParameter } from '../../core/strategy/precision.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';

const params = z.object({
  ...windowParameters,
  aggregation: choice(
    ['mean', 'sum'],
    'mean',
    'What an element has of the windows that cover it: the mean of their drops (Captum) or the sum (PAIR, Xplique).',
  ),
  baseline: baselineParameter,
  precision: precisionParameter(
    'what the last halving of the distance between windows has changed, as a share of how much the map varies',
  ),
  ...valueParameters(),
});

/** By how much the score drops when a window is covered; each element has the mean, or the sum, over the windows that cover it. */
export default defineMethod({
  apiVersion: 1,
  id: 'occlusion',
  strategy: 'perturbation',
  revision: 1,
  about: {
    title: 'Occlusion',
    summary: 'How much the score drops when a window that slides over the input covers a part of it.',
    paper: arxiv('1311.2901', 2013, 'Visualizing and Understanding Convolutional Networks', 'section 4.2'),
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['linearity', 'sensitivity'],
  },
  presets: {
    captum: { strides: [1], edge: 'cut', aggregation: 'mean', baseline: 0 },
    xplique: { sliding_window_shape: [3], strides: [3], edge: 'whole', aggregation: 'sum', baseline: 0.5 },
    pair: { sliding_window_shape: [15], strides: [1], edge: 'whole', aggregation: 'sum', baseline: 0 },
  },
  params,
  needs: () => ({}),
  cost: (given, model) => ({
    forwards:
      wholeFeatures(given, model)?.features ??
      windowsOf(given, model).reduce((sum, { windows }) => sum + windows.count, 0),
    backwards: 0,
  }),
  explain: async (ctx) => {
    const features = wholeFeatures(ctx.params, ctx.model);
    if (features) {
      const drops = await scoreDrops(ctx, features, absentInputs(ctx));
      return { values: finishValues(spreadFeatures(features, drops, ctx.model), ctx.params, ctx.model) };
    }
    const { precision } = ctx.params;
    const values: Record<string, Tensor<'float32'>> = {};
    const parts = windowsOf(ctx.params, ctx.model);
    for (const { input, windows } of parts) {
      const row = ctx.inputs[input.name] as Tensor;
      const baseline = baselineOf(row, input, ctx.params.baseline, ctx.baselines);
      const order = windows.levels.flatMap((level) => level.windows);
      const maps = new WindowMaps(row.dims, windows, ctx.params.aggregation);
      const ends = levelEnds(windows);
      let last = windows.levels.length - 1;
      const cover =
        (by: Elements) =>
        (index: number, copy: Copy): void =>
          windows.each(order[index] as number, (from, to) => copyRange(copy[input.name] as Elements, by, from, to));
      await scorePerturbed(
        ctx,
        windows.count,
        [input.name],
        cover(baseline.data),
        (index, score) => {
          maps.drops[order[index] as number] = ctx.score - score;
          const level = ends.get(index + 1);
          if (level === undefined) return false;
          if (precision > 0 && isPrecise(maps.change(level), maps.size(level), precision)) {
            last = level;
            return true;
          }
          // Other inputs are not known yet: only one by itself has a map of its own.
          if (windows.levels[level]?.stretch !== 1 && parts.length === 1) {
            ctx.partial(() => {
              const change = maps.change(level);
              return {
                values: finishValues({ [input.name]: maps.after(level) }, ctx.params, ctx.model),
                ...(change !== undefined && { standardError: change }),
              };
            });
          }
          return false;
        },
        cover(row.data),
      );
      values[input.name] = maps.after(last);
    }
    return { values: finishValues(values, ctx.params, ctx.model) };
  },
});

/** Index of each level by the number of windows that are done at its end. */
function levelEnds({ levels }: Windows): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  let done = 0;
  for (const [index, { windows }] of levels.entries()) {
    done += windows.length;
    ends.set(done, index);
  }
  return ends;
}

/** Words, columns or windows of the modality, where the request gives no window of its own. */
const wholeFeatures = ({ sliding_window_shape, strides }: z.output<typeof params>, model: ModelInfo) =>
  sliding_window_shape.length + strides.length === 0 ? modalityMask(model) : undefined;

/** The windows of each input: every input is covered for itself. */
function windowsOf(given: z.output<typeof params>, { inputs }: ModelInfo) {
  const shapes = windowShapes(inputs, given);
  return inputs.map((input, i) => {
    const { window, strides } = shapes[i] as WindowShape;
    return { input, windows: slidingWindows(knownDims(input), window, strides, given.edge) };
  });
}
