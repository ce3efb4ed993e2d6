import { z } from 'zod';
import { baselineName } from '../../core/autodiff/reference.ts';
import { deeplift } from '../../core/autodiff/rulesets/deeplift.ts';
import { defineMethod } from '../../core/method/define.ts';
import { baselineOf, baselineParameter } from '../../core/strategy/baseline.ts';
import { embeddings, sourceValues, withSources } from '../../core/strategy/gradient/sources.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

/** Differences from a baseline, sent back through multipliers: the Rescale rule. */
export default defineMethod({
  apiVersion: 1,
  id: 'deep_lift',
  strategy: 'gradient',
  revision: 1,
  about: {
    title: 'DeepLIFT',
    summary:
      "How much of the difference between the score and the baseline's score each element explains, in a single pass.",
    paper: {
      title: 'Learning Important Features Through Propagating Activation Differences',
      year: 2017,
      url: 'https://arxiv.org/abs/1704.02685',
    },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: true, deterministic: true, classDiscriminative: true },
  },
  params: z.object({
    baseline: baselineParameter,
    multiply_by_inputs: z
      .boolean()
      .default(true)
      .describe('Multiplies with input minus baseline; without it, the multipliers.'),
    absolute: absoluteParameter(false),
    reduction: reductionParameter,
  }),
  needs(_, model) {
    const looked = embeddings(model).map(({ name }) => name);
    const fed = looked.length > 0 ? { feeds: looked } : {};
    return {
      graphs: {
        multipliers: { ...fed, gradients: 'sources', ruleset: deeplift },
        forward: fed,
        ...(looked.length > 0 && { lookup: { activations: looked } }),
      },
    };
  },
  cost: (_, model) => ({ forwards: embeddings(model).length > 0 ? 2 : 1, backwards: 1 }),
  explain: async (ctx) => {
    const { baseline, multiply_by_inputs } = ctx.params;
    const to = await sourceValues(ctx);
    const from = Object.fromEntries(
      ctx.model.sources.map((source) => [
        source.name,
        baselineOf(to[source.name] as Tensor<'float32'>, source, baseline),
      ]),
    );
    const { scores } = await ctx.evaluate(withSources(ctx.inputs, from), { graph: 'forward' });
    const both = withSources(ctx.inputs, to);
    const reference = withSources(ctx.inputs, from);
    const { gradients } = await ctx.evaluate({
      ...both,
      ...Object.fromEntries(Object.entries(reference).map(([name, value]) => [baselineName(name), value])),
    });
    let sum = 0;
    const values = Object.entries(gradients).map(([name, multipliers]) => {
      const [end, start] = [to[name]?.data as Float32Array, from[name]?.data as Float32Array];
      const products = multipliers.data.map((m, i) => m * ((end[i] as number) - (start[i] as number)));
      for (const product of products) sum += product;
      return [name, multiply_by_inputs ? float32(multipliers.dims, products) : multipliers];
    });
    const baselineScore = scores[0] as number;
    return {
      values: finishValues(Object.fromEntries(values), ctx.params, ctx.model),
      baselineScore,
      convergenceDelta: sum - (ctx.score - baselineScore),
    };
  },
});
