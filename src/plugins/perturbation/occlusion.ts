import { z } from 'zod';
import type { ModelInfo } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { baselineOf, baselineParameter } from '../../core/strategy/baseline.ts';
import {
  knownDims,
  type WindowShape,
  windowParameters,
  windowShapes,
} from '../../core/strategy/perturbation/extents.ts';
import { copyRange, scorePerturbed } from '../../core/strategy/perturbation/perturb.ts';
import { slidingWindows } from '../../core/strategy/perturbation/windows.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

const params = z.object({
  ...windowParameters,
  aggregation: z
    .enum(['mean', 'sum'])
    .default('mean')
    .describe(
      'What an element has of the windows that cover it: the mean of their drops (Captum) or the sum (PAIR, Xplique).',
    ),
  baseline: baselineParameter,
  absolute: absoluteParameter(false),
  reduction: reductionParameter,
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
    paper: {
      title: 'Visualizing and Understanding Convolutional Networks',
      year: 2013,
      url: 'https://arxiv.org/abs/1311.2901',
    },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  params,
  needs: () => ({}),
  cost: (given, model) => ({
    forwards: windowsOf(given, model).reduce((sum, { windows }) => sum + windows.count, 0),
    backwards: 0,
  }),
  explain: async (ctx) => {
    const values: Record<string, Tensor<'float32'>> = {};
    for (const { input, windows } of windowsOf(ctx.params, ctx.model)) {
      const row = ctx.inputs[input.name] as Tensor;
      const baseline = baselineOf(row, input, ctx.params.baseline, ctx.baselines);
      const drops = new Float64Array(row.data.length);
      const covers = new Uint32Array(row.data.length);
      await scorePerturbed(
        ctx,
        windows.count,
        [input.name],
        (index, copy) =>
          windows.each(index, (from, to) => copyRange(copy[input.name] as typeof row.data, baseline.data, from, to)),
        (index, score) =>
          windows.each(index, (from, to) => {
            for (let i = from; i < to; i++) {
              drops[i] = (drops[i] as number) + ctx.score - score;
              covers[i] = (covers[i] as number) + 1;
            }
          }),
      );
      values[input.name] = float32(
        row.dims,
        drops.map((drop, i) => (ctx.params.aggregation === 'sum' ? drop : drop / Math.max(1, covers[i] as number))),
      );
    }
    return { values: finishValues(values, ctx.params, ctx.model) };
  },
});

/** The windows of each input: every input is covered for itself. */
function windowsOf(given: z.output<typeof params>, { inputs }: ModelInfo) {
  const shapes = windowShapes(inputs, given);
  return inputs.map((input, i) => {
    const { window, strides } = shapes[i] as WindowShape;
    return { input, windows: slidingWindows(knownDims(input), window, strides, given.edge) };
  });
}
