import * as z from 'zod';
import { baselineName } from '../../core/autodiff/reference.ts';
import { deeplift } from '../../core/autodiff/rulesets/deeplift.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { baselinesOf, timesDifference } from '../../core/strategy/gradient/differences.ts';
import { embeddings, lookupCost, sourceValues, withSources } from '../../core/strategy/gradient/sources.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';

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
    paper: arxiv(
      '1704.02685',
      2017,
      'Learning Important Features Through Propagating Activation Differences',
      'section 3.5.2',
    ),
    properties: { signed: true, complete: true, deterministic: true, classDiscriminative: true },
    axioms: ['dummy', 'linearity', 'sensitivity'],
  },
  presets: { captum: { baseline: 0, multiply_by_inputs: true } },
  readsScore: true,
  params: z.object({
    baseline: baselineParameter,
    target_layer: z
      .string()
      .min(1)
      .default('input')
      .describe('What is explained with: "input", or the name of an inner tensor.'),
    multiply_by_inputs: z
      .boolean()
      .default(true)
      .describe('Multiplies with input minus baseline; without it, the multipliers.'),
    ...valueParameters(),
  }),
  needs({ target_layer }, model) {
    const looked = embeddings(model).map(({ name }) => name);
    const fed = looked.length > 0 ? { feeds: looked } : {};
    const layer = target_layer === 'input' ? [] : [model.tensor(target_layer).name];
    return {
      graphs: {
        multipliers: { ...fed, gradients: layer.length > 0 ? layer : 'sources', ruleset: deeplift },
        forward: { ...fed, activations: layer },
        ...(looked.length > 0 && { lookup: { activations: looked } }),
      },
    };
  },
  cost: ({ target_layer }, model, _, given) => ({
    forwards: lookupCost(model, given) + (target_layer === 'input' ? 1 : 2),
    backwards: 1,
  }),
  explain: async (ctx) => {
    const { baseline, target_layer, multiply_by_inputs } = ctx.params;
    const to = await sourceValues(ctx);
    const from = await baselinesOf(ctx, to, baseline);
    const [input, reference] = [withSources(ctx.inputs, to), withSources(ctx.inputs, from)];
    const before = await ctx.evaluate(reference, { graph: 'forward' });
    const { gradients } = await ctx.evaluate({
      ...input,
      ...Object.fromEntries(Object.entries(reference).map(([name, value]) => [baselineName(name), value])),
    });
    const atInput = target_layer === 'input';
    // A layer may be an input itself.
    const start = { ...from, ...before.activations };
    const end = atInput ? to : { ...to, ...(await ctx.evaluate(input, { graph: 'forward' })).activations };
    const { values, sum } = timesDifference(gradients, start, end);
    const baselineScore = before.scores[0] as number;
    return {
      values: finishValues(multiply_by_inputs ? values : gradients, ctx.params, ctx.model),
      baselineScore,
      convergenceDelta: sum - (ctx.score - baselineScore),
    };
  },
});
