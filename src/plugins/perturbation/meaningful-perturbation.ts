import * as z from 'zod';
import type { Attribution } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { baselineOf, baselineParameter } from '../../core/strategy/baseline.ts';
import { lookupCost, needsOfSources, sourceValues, withSources } from '../../core/strategy/gradient/sources.ts';
import { type SoftMask, softMask, variationGradient } from '../../core/strategy/perturbation/soft-mask.ts';
import { finishValues, reductionParameter } from '../../core/strategy/reduction.ts';
import { Adam } from '../../core/tensor/adam.ts';
import type { Float32Tensors } from '../../core/tensor/rows.ts';
import { float32, sizeOf, type Tensor } from '../../core/tensor/tensor.ts';

/** Number of partial maps. */
const PARTIALS = 10;

/**
 * min over m of area mean(1 - m) + variation TV(m) + g(m x + (1 - m) baseline), where g is the score scaled so that it is
 * 1 at the input and 0 at the baseline. The map is 1 - m: what has to go.
 */
export default defineMethod({
  apiVersion: 1,
  id: 'meaningful_perturbation',
  strategy: 'perturbation',
  revision: 1,
  about: {
    title: 'Meaningful Perturbation',
    summary: 'The smallest smooth region whose removal takes the score away, found by gradient descent on a mask.',
    paper: arxiv('1704.03296', 2017, 'Interpretable Explanations of Black Boxes by Meaningful Perturbation'),
    properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
  },
  params: z.object({
    n_steps: z.int().min(1).max(2000).default(100).describe('Steps of descent; the paper takes 300.'),
    learning_rate: z.number().positive().max(10).default(0.1).describe("Adam's step."),
    cells: z.int().min(1).max(256).default(28).describe('Cells of the mask along each side.'),
    area: z.number().min(0).default(1).describe('Price of taking everything away, against a whole score.'),
    variation: z.number().min(0).default(20).describe('Price of an uneven mask.'),
    variation_power: z.number().min(1).max(4).default(3).describe('Power of the differences between neighbours.'),
    baseline: baselineParameter.default('blur'),
    reduction: reductionParameter,
  }),
  needs: (_, model) => needsOfSources(model, { gradients: 'sources' }),
  cost: ({ n_steps }, model) => ({ forwards: lookupCost(model), backwards: 1 + n_steps }),
  explain: async (ctx) => {
    const { n_steps, learning_rate, cells, area, variation, variation_power } = ctx.params;
    const values = await sourceValues(ctx);
    const parts = ctx.model.sources.map((source) => {
      const own = values[source.name] as Tensor<'float32'>;
      const mask = softMask(source, cells, ctx.model);
      const size = sizeOf(mask.size);
      return {
        name: source.name,
        own,
        absent: baselineOf(own, source, ctx.params.baseline, ctx.baselines),
        mask,
        coarse: new Float64Array(size).fill(1),
        descent: new Adam(size, learning_rate),
      };
    });
    const absent = Object.fromEntries(parts.map((part) => [part.name, part.absent]));
    const baselineScore = (await ctx.evaluate(withSources(ctx.inputs, absent))).scores[0] as number;
    const scale = Math.abs(ctx.score - baselineScore) || 1;
    const answer = (): Attribution => ({
      values: finishValues(
        Object.fromEntries(parts.map(({ name, own, mask, coarse }) => [name, removed(own, mask, coarse)])),
        { ...ctx.params, absolute: false },
        ctx.model,
      ),
      baselineScore,
    });
    const every = Math.ceil(n_steps / PARTIALS);
    for (let step = 0; step < n_steps; step++) {
      const mixed: Float32Tensors = Object.fromEntries(
        parts.map(({ name, own, absent: other, mask, coarse }) => [name, mixture(own, other, mask, coarse)]),
      );
      const { gradients } = await ctx.evaluate(withSources(ctx.inputs, mixed));
      for (const { name, own, absent: other, mask, coarse, descent } of parts) {
        const slopes = new Float64Array(mask.positions);
        const gradient = (gradients[name] as Tensor<'float32'>).data;
        for (let i = 0; i < mask.ids.length; i++) {
          const position = mask.ids[i] as number;
          const difference = (own.data[i] as number) - (other.data[i] as number);
          slopes[position] = (slopes[position] as number) + (difference * (gradient[i] as number)) / scale;
        }
        const total = mask.gather(slopes);
        const uneven = mask.smooth ? variationGradient(coarse, mask.size, variation_power) : undefined;
        for (let i = 0; i < total.length; i++) {
          total[i] = (total[i] as number) - area / total.length + variation * (uneven?.[i] ?? 0);
        }
        descent.step(coarse, total);
        for (const [i, m] of coarse.entries()) coarse[i] = Math.min(1, Math.max(0, m));
      }
      if ((step + 1) % every === 0 && step + 1 < n_steps) ctx.partial(answer);
    }
    return answer();
  },
});

function mixture(
  own: Tensor<'float32'>,
  other: Tensor<'float32'>,
  { enlarge, ids }: SoftMask,
  coarse: Float64Array,
): Tensor<'float32'> {
  const mask = enlarge(coarse);
  const mixed = new Float32Array(own.data.length);
  for (let i = 0; i < mixed.length; i++) {
    const absent = other.data[i] as number;
    mixed[i] = absent + (mask[ids[i] as number] as number) * ((own.data[i] as number) - absent);
  }
  return float32(own.dims, mixed);
}

function removed({ dims }: Tensor<'float32'>, { enlarge, ids }: SoftMask, coarse: Float64Array): Tensor<'float32'> {
  const mask = enlarge(coarse);
  const values = new Float32Array(ids.length);
  for (let i = 0; i < values.length; i++) values[i] = Math.max(0, 1 - (mask[ids[i] as number] as number));
  return float32(dims, values);
}
