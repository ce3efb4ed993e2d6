import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import type { Attribution } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import type { ModelInfo } from '../../core/model/info.ts';
import { type BlurredInput, blurRows, blurRuleset } from '../../core/strategy/gradient/blur-path.ts';
import { meanAlong } from '../../core/strategy/gradient/path.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';
import type { Float32Tensors, Inputs } from '../../core/tensor/rows.ts';
import { mapRows } from '../../core/tensor/rows.ts';
import { sumOf } from '../../core/tensor/sum.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

/**
 * The integral of the gradient along the path that blurs the input more and more, by the left Riemann sum; the blur's
 * own derivative is a difference quotient. PAIR's conventions: zeros beyond the edge, kernels end at four deviations.
 */
export default defineMethod({
  apiVersion: 1,
  id: 'blur_ig',
  strategy: 'gradient',
  revision: 2,
  about: {
    title: 'Blur IG',
    summary:
      'How much each element adds to the score while the input comes into focus, from fully blurred to sharp: no baseline to choose.',
    paper: arxiv('2004.03383', 2020, 'Attribution in Scale and Space'),
    modalities: ['image', 'series'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['dummy', 'linearity'],
  },
  presets: { pair: { max_sigma: 50, n_steps: 100, grad_step: 0.01, sqrt: false } },
  readsScore: true,
  params: z.object({
    max_sigma: z
      .number()
      .positive()
      .max(200)
      .default(50)
      .describe('Standard deviation of the strongest blur, in elements of the input.'),
    n_steps: z.int().min(1).max(1000).default(100).describe('Points on the path.'),
    grad_step: z
      .number()
      .positive()
      .max(1)
      .default(0.01)
      .describe("Step of the difference quotient that stands for the blur's derivative."),
    sqrt: z.boolean().default(false).describe('Steps of equal variance, not of equal standard deviation.'),
    ...valueParameters(),
  }),
  needs: (_, model) => ({ gradients: 'sources', ruleset: blurRuleset(blurred(model)) }),
  cost: ({ n_steps }) => ({ forwards: 0, backwards: n_steps + 1 }),
  explain: async (ctx) => {
    const { max_sigma, n_steps, grad_step, sqrt } = ctx.params;
    const sources = blurred(ctx.model);
    const sigmaAt = (step: number): number =>
      sqrt ? Math.sqrt((step * max_sigma) / n_steps) : (step * max_sigma) / n_steps;
    const rows = (sigmas: readonly (readonly [number, number])[]): Inputs => ({
      ...ctx.inputs,
      ...Object.assign({}, ...sources.map((source) => blurRows(source, ctx.inputs[source.name] as Tensor, sigmas))),
    });
    const { scores } = await ctx.evaluate(rows([[max_sigma, max_sigma]]));
    const baselineScore = scores[0] as number;
    // Each quotient stands for the whole step.
    const weights = Float64Array.from({ length: n_steps }, (_, i) => (sigmaAt(i + 1) - sigmaAt(i)) / grad_step);
    // Sharpening is the way back.
    const whole = -sumOf(weights);
    const attribution = (means: Float32Tensors): Attribution => {
      const values = mapRows(means, ({ dims, data }) =>
        float32(
          dims,
          data.map((mean) => mean * whole),
        ),
      );
      const total = sumOf(Object.values(values).map(({ data }) => sumOf(data)));
      return {
        values: finishValues(values, ctx.params, ctx.model),
        baselineScore,
        convergenceDelta: total - (ctx.score - baselineScore),
      };
    };
    const at = (steps: readonly number[]): Inputs => rows(steps.map((i) => [sigmaAt(i), sigmaAt(i) + grad_step]));
    const means = await meanAlong(ctx, weights, at, {
      partial: (mean) => {
        ctx.partial(() => {
          const standardError = mean.standardError(() => () => whole);
          return { ...attribution(mean.values), ...(standardError !== undefined && { standardError }) };
        });
      },
    });
    return attribution(means);
  },
});

/**
 * The sources that there is something to blur along: images and series.
 * @throws WhylightError `unprocessable_method` when there is none
 */
function blurred({ inputs, sources }: ModelInfo): BlurredInput[] {
  const found = sources.flatMap(({ name, dims, channelAxis }) => {
    if (channelAxis === undefined || !inputs.some((input) => input.name === name)) return [];
    return [{ name, axes: dims.map((_, axis) => axis + 1).filter((axis) => axis !== channelAxis + 1) }];
  });
  if (found.length > 0 && found.length === sources.length) return found;
  throw new WhylightError(
    'unprocessable_method',
    'blur_ig needs a model whose inputs are images or series: use integrated_gradients.',
  );
}
