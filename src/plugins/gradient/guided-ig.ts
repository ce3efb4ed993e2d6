import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import type { ModelInfo } from '../../core/model/info.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { baselinesOf } from '../../core/strategy/gradient/differences.ts';
import { takeGuidedStep } from '../../core/strategy/gradient/guided-path.ts';
import { lookupCost, needsOfSources, sourceValues, withSources } from '../../core/strategy/gradient/sources.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';
import type { Float32Tensors } from '../../core/tensor/rows.ts';
import { sumOf } from '../../core/tensor/sum.ts';
import { float32 } from '../../core/tensor/tensor.ts';

/** Integrated Gradients along a path that leaves the elements with the largest gradients for last. */
export default defineMethod({
  apiVersion: 1,
  id: 'guided_ig',
  strategy: 'gradient',
  revision: 1,
  about: {
    title: 'Guided IG',
    summary:
      'Integrated Gradients along a path that the model guides: elements with small gradients move first, which gathers less noise on the way. One row after the other.',
    paper: arxiv('2106.09788', 2021, 'Guided Integrated Gradients: An Adaptive Path Method for Removing Noise'),
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['dummy', 'sensitivity'],
  },
  presets: { pair: { n_steps: 200, fraction: 0.25, max_dist: 0.02 } },
  readsScore: true,
  params: z.object({
    n_steps: z.int().min(1).max(1000).default(200).describe('Steps on the path, each a run of the model.'),
    fraction: z
      .number()
      .min(0)
      .max(1)
      .default(0.25)
      .describe('Share of the elements that move at a time: those with the smallest gradients.'),
    max_dist: z
      .number()
      .min(0)
      .max(1)
      .default(0.02)
      .describe('How far an element may be from the straight path, as a share of its length; 1 leaves it free.'),
    baseline: baselineParameter,
    ...valueParameters(),
  }),
  needs: (_, model) => needsOfSources(model, { gradients: 'sources' }),
  cost: ({ n_steps }, model, _, given) => ({ forwards: lookupCost(model, given), backwards: n_steps }),
  explain: async (ctx) => {
    const { n_steps, fraction, max_dist, baseline } = ctx.params;
    const input = await sourceValues(ctx);
    const start = await baselinesOf(ctx, input, baseline);
    const size = ctx.model.sources.reduce((sum, { name }) => sum + (input[name]?.data.length ?? 0), 0);
    const [from, to] = [start, input].map((values) => joined(ctx.model, values, new Float64Array(size))) as [
      Float64Array,
      Float64Array,
    ];
    const position = from.slice();
    const gathered = new Float64Array(position.length);
    const split = (values: Float64Array) => {
      let next = 0;
      return Object.fromEntries(
        ctx.model.sources.map(({ name }) => {
          const { dims = [], data = [] } = input[name] ?? {};
          next += data.length;
          return [name, float32(dims, values.subarray(next - data.length, next))];
        }),
      );
    };
    let baselineScore = 0;
    for (let step = 1; step <= n_steps; step++) {
      const { gradients, scores } = await ctx.evaluate(withSources(ctx.inputs, split(position)));
      if (step === 1) baselineScore = scores[0] as number;
      const slopes = joined(ctx.model, gradients, new Float32Array(size));
      takeGuidedStep({ position, from, to, slopes, gathered, step, steps: n_steps, fraction, maxDist: max_dist });
    }
    return {
      values: finishValues(split(gathered), ctx.params, ctx.model),
      baselineScore,
      convergenceDelta: sumOf(gathered) - (ctx.score - baselineScore),
    };
  },
});

/** The values of all sources, one after the other. */
function joined<A extends Float32Array | Float64Array>({ sources }: ModelInfo, values: Float32Tensors, all: A): A {
  let next = 0;
  for (const { name } of sources) {
    const data = values[name]?.data ?? [];
    all.set(data, next);
    next += data.length;
  }
  return all;
}
