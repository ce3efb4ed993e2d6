import { z } from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { gaussianBlur } from '../../core/image/blur.ts';
import type { Float32Tensors, ModelInfo } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { withSources } from '../../core/strategy/gradient/sources.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';
import { stackInputs } from '../../core/strategy/together.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

/**
 * The integral of the gradient along the path that blurs the input more and more, by the left Riemann sum; the blur's
 * own derivative is a difference quotient. PAIR's conventions: zeros beyond the edge, kernels end at four deviations.
 */
export default defineMethod({
  apiVersion: 1,
  id: 'blur_ig',
  strategy: 'gradient',
  revision: 1,
  about: {
    title: 'Blur IG',
    summary:
      'How much each element adds to the score while the input comes into focus, from fully blurred to sharp: no baseline to choose.',
    paper: { title: 'Attribution in Scale and Space', year: 2020, url: 'https://arxiv.org/abs/2004.03383' },
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
    absolute: absoluteParameter(false),
    reduction: reductionParameter,
  }),
  needs: (_, model) => {
    blurred(model);
    return { gradients: 'sources' };
  },
  cost: ({ n_steps }) => ({ forwards: 0, backwards: n_steps + 1 }),
  explain: async (ctx) => {
    const { max_sigma, n_steps, grad_step, sqrt } = ctx.params;
    const sources = blurred(ctx.model);
    const sigmas = Array.from({ length: n_steps + 1 }, (_, i) =>
      sqrt ? Math.sqrt((i * max_sigma) / n_steps) : (i * max_sigma) / n_steps,
    );
    const at = (sigma: number): Float32Tensors =>
      Object.fromEntries(
        sources.map(({ name, axes }) => [
          name,
          gaussianBlur(ctx.inputs[name] as Tensor<'float32'>, sigma, { axes, border: 'constant' }),
        ]),
      );
    const { scores } = await ctx.evaluate(withSources(ctx.inputs, at(max_sigma)));
    const sums = new Map(sources.map(({ name }) => [name, new Float64Array(ctx.inputs[name]?.data.length ?? 0)]));
    for (let first = 0; first < n_steps; first += ctx.batchSize) {
      const portion = sigmas.slice(first, Math.min(n_steps, first + ctx.batchSize));
      const points = portion.map(at);
      const { gradients } = await ctx.evaluate(withSources(ctx.inputs, stackInputs(points)));
      for (const [row, sigma] of portion.entries()) {
        const beyond = at(sigma + grad_step);
        const step = ((sigmas[first + row + 1] as number) - sigma) / grad_step;
        for (const [name, sum] of sums) {
          const slopes = gradients[name]?.data.subarray(row * sum.length, (row + 1) * sum.length) as Float32Array;
          const [here, there] = [points[row]?.[name]?.data as Float32Array, beyond[name]?.data as Float32Array];
          // Sharpening is the way back, hence here minus there.
          for (let i = 0; i < sum.length; i++)
            sum[i] = (sum[i] as number) + step * ((here[i] as number) - (there[i] as number)) * (slopes[i] as number);
        }
      }
    }
    const values = Object.fromEntries(
      [...sums].map(([name, sum]) => [name, float32(ctx.inputs[name]?.dims ?? [], sum)]),
    );
    let total = 0;
    for (const sum of sums.values()) for (let i = 0; i < sum.length; i++) total += sum[i] as number;
    const baselineScore = scores[0] as number;
    return {
      values: finishValues(values, ctx.params, ctx.model),
      baselineScore,
      convergenceDelta: total - (ctx.score - baselineScore),
    };
  },
});

/**
 * The sources that there is something to blur along: pictures and series.
 * @throws WhylightError `unprocessable_method` when there is none
 */
function blurred({ inputs, sources }: ModelInfo): { name: string; axes: number[] }[] {
  const found = sources.flatMap(({ name, dims, channelAxis }) => {
    if (channelAxis === undefined || !inputs.some((input) => input.name === name)) return [];
    return [{ name, axes: dims.map((_, axis) => axis + 1).filter((axis) => axis !== channelAxis + 1) }];
  });
  if (found.length > 0 && found.length === sources.length) return found;
  throw new WhylightError(
    'unprocessable_method',
    'blur_ig needs a model whose inputs are pictures or series: use integrated_gradients.',
  );
}
