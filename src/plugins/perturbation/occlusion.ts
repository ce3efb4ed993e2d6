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
import { slidingWindows, type Windows } from '../../core/strategy/perturbation/windows.ts';
import { isPrecise, precisionParameter, sizeOfMap } from '../../core/strategy/precision.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

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
    const { aggregation, precision } = ctx.params;
    const values: Record<string, Tensor<'float32'>> = {};
    const parts = windowsOf(ctx.params, ctx.model);
    for (const { input, windows } of parts) {
      const row = ctx.inputs[input.name] as Tensor;
      const baseline = baselineOf(row, input, ctx.params.baseline, ctx.baselines);
      const order = windows.levels.flatMap((level) => level.windows);
      const scored = new Float64Array(windows.count);
      const all = aggregation === 'sum' ? coverCounts(windows, row.data.length) : undefined;
      /** Map after `done` windows; each stands for the missing ones around it. */
      const mapOf = (done: number, stretch: number): Tensor<'float32'> => {
        const drops = new Float64Array(row.data.length);
        const covers = new Uint32Array(row.data.length);
        for (const index of order.slice(0, done)) {
          const drop = scored[index] as number;
          windows.each(
            index,
            (from, to) => {
              for (let i = from; i < to; i++) {
                drops[i] = (drops[i] as number) + drop;
                covers[i] = (covers[i] as number) + 1;
              }
            },
            stretch,
          );
        }
        const times = (i: number): number => all?.[i] ?? 1;
        return float32(
          row.dims,
          drops.map((drop, i) => (drop / Math.max(1, covers[i] as number)) * times(i)),
        );
      };
      const ends = levelEnds(windows);
      const cover =
        (by: Elements) =>
        (index: number, copy: Copy): void =>
          windows.each(order[index] as number, (from, to) => copyRange(copy[input.name] as Elements, by, from, to));
      let map: Tensor<'float32'> | undefined;
      await scorePerturbed(
        ctx,
        windows.count,
        [input.name],
        cover(baseline.data),
        (index, score) => {
          scored[order[index] as number] = ctx.score - score;
          const stretch = ends.get(index + 1);
          if (stretch === undefined) return false;
          const coarser = map;
          map = mapOf(index + 1, stretch);
          const change = coarser && sizeOfMap(map.data.map((value, i) => value - (coarser.data[i] as number)));
          if (isPrecise(change?.rootMeanSquare, sizeOfMap(map.data).rootMeanSquare, precision)) return true;
          // Other inputs are not known yet: only one by itself has a map of its own.
          if (stretch > 1 && parts.length === 1) {
            ctx.partial({
              values: finishValues({ [input.name]: map }, ctx.params, ctx.model),
              ...(change && { standardError: change.rootMeanSquare }),
            });
          }
          return false;
        },
        cover(row.data),
      );
      values[input.name] = map ?? mapOf(windows.count, 1);
    }
    return { values: finishValues(values, ctx.params, ctx.model) };
  },
});

/** Number of windows that cover each element. */
function coverCounts(windows: Windows, size: number): Uint32Array {
  const counts = new Uint32Array(size);
  for (let index = 0; index < windows.count; index++) {
    windows.each(index, (from, to) => {
      for (let i = from; i < to; i++) counts[i] = (counts[i] as number) + 1;
    });
  }
  return counts;
}

/** By how many windows are done when a level is: how far apart they lie. */
function levelEnds({ levels }: Windows): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  let done = 0;
  for (const { stretch, windows } of levels) {
    done += windows.length;
    ends.set(done, stretch);
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
