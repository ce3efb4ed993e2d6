import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { choice } from '../../core/method/choice.ts';
import type { Method } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { layoutOf } from '../../core/method/layout.ts';
import { arxiv } from '../../core/method/papers.ts';
import type { ModelInfo } from '../../core/model/info.ts';
import type { Target } from '../../core/model/target-request.ts';
import { layerParameters, meanGradients } from '../../core/strategy/activation/cam.ts';
import { finishWeighted } from '../../core/strategy/activation/finish-weighted.ts';
import { overLayers } from '../../core/strategy/activation/several-layers.ts';
import { targetLayer } from '../../core/strategy/layer.ts';
import { sizeOf, type Tensor } from '../../core/tensor/tensor.ts';

/**
 * Grad-CAM of a difference: the target's score less `alpha` times the mean score of the classes that come closest, each
 * weighted with its probability among them.
 */
export default overLayers(
  defineMethod({
    apiVersion: 1,
    id: 'finer_cam',
    strategy: 'activation',
    revision: 4,
    about: {
      title: 'Finer-CAM',
      summary: 'What tells the target from the classes most like it: features that they share cancel out.',
      paper: arxiv(
        '2501.11309',
        2025,
        'Finer-CAM: Spotting the Difference Reveals Finer Details for Visual Explanation',
      ),
      properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
    },
    presets: { pytorch_grad_cam: { relu: true, alpha: 1, comparisons: [1, 2, 3], convention: 'differentiated' } },
    params: z.object({
      ...layerParameters,
      alpha: z
        .number()
        .min(0)
        .max(10)
        .default(1)
        .describe('How much of the other classes is taken away; 0 is Grad-CAM.'),
      comparisons: z
        .array(z.int().min(1))
        .min(1)
        .max(100)
        .default([1, 2, 3])
        .describe(
          'Which classes to compare with, by rank: 1 is the class whose score is nearest to that of the target.',
        ),
      convention: choice(
        ['fixed', 'differentiated'],
        'fixed',
        'Whether the weights of the other classes, their probabilities, count as constants, so that each class is taken away in its share, or are differentiated along with the scores, as pytorch-grad-cam.',
      ),
    }),
    needs: ({ target_layer }, model) => {
      const { name } = targetLayer(target_layer, model);
      return {
        graphs: { scores: { activations: [model.scores.name] }, layer: { gradients: [name], activations: [name] } },
      };
    },
    cost: () => ({ forwards: 1, backwards: 1 }),
    explain: async (ctx) => {
      const { activations } = await ctx.evaluate(ctx.inputs);
      const scores = activations[ctx.model.scores.name] as Tensor<'float32'>;
      const rivals = rivalsOf(ctx.target, scores.dims.slice(1), ctx.model);
      const target = difference(scores.data, rivals, ctx.target, ctx.params);
      const evaluation = await ctx.evaluate(ctx.inputs, { graph: 'layer', target });
      return finishWeighted(ctx, ctx.params, evaluation, meanGradients);
    },
  }) as Method,
);

interface Comparison {
  readonly alpha: number;
  readonly comparisons: readonly number[];
  readonly convention: 'fixed' | 'differentiated';
}

/** Elements of the other classes at the place of the target. */
function rivalsOf({ rivals, weights: [main] }: Target, dims: readonly number[], model: ModelInfo): readonly number[] {
  if (rivals?.length === 0) {
    const message =
      'finer_cam compares a class with other classes, and beside the explained number there are none: use grad_cam or hires_cam.';
    throw new WhylightError('unprocessable_method', message, { method: 'finer_cam' });
  }
  return rivals ?? besideClass(main?.index ?? 0, dims, model);
}

/** The other classes at the same place: all, or those of one pixel, position or token. */
function besideClass(index: number, dims: readonly number[], model: ModelInfo): number[] {
  const isFirst = dims.length > 1 && layoutOf(model.scores, model).channels === 'first';
  const classes = (isFirst ? dims[0] : dims.at(-1)) ?? 1;
  const step = isFirst ? sizeOf(dims.slice(1)) : 1;
  const first = isFirst ? index % step : index - (index % classes);
  return Array.from({ length: classes }, (_, i) => first + i * step).filter((one) => one !== index);
}

/** The derivative of the difference with respect to each score. */
function difference(
  scores: Float32Array,
  rivals: readonly number[],
  { weights: [main, ...more] }: Target,
  { alpha, comparisons, convention }: Comparison,
): Target {
  if (!main || more.length > 0) {
    throw new WhylightError(
      'invalid_request',
      'finer_cam compares one class with others: name a single class as target.',
      {
        parameter: 'target',
      },
    );
  }
  const at = (index: number): number => scores[index] as number;
  const away = (index: number): number => Math.abs(at(index) - at(main.index));
  const ranked = [...rivals].sort((a, b) => away(a) - away(b));
  const others = comparisons.flatMap((rank) => ranked[rank - 1] ?? []);
  const highest = Math.max(...others.map(at));
  const powers = others.map((index) => Math.exp(at(index) - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  const shares = powers.map((power) => power / sum);
  const mean = others.reduce((total, index, i) => total + (shares[i] as number) * at(index), 0);
  return {
    weights: [
      { index: main.index, weight: main.weight },
      ...others.map((index, i) => ({
        index,
        weight: -alpha * main.weight * (shares[i] as number) * (convention === 'fixed' ? 1 : 1 + at(index) - mean),
      })),
    ],
  };
}
