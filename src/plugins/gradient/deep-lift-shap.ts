import * as z from 'zod';
import { baselineName } from '../../core/autodiff/reference.ts';
import { deeplift } from '../../core/autodiff/rulesets/deeplift.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { baselineCount, baselineRowsOf } from '../../core/strategy/gradient/baseline-rows.ts';
import { timesDifference } from '../../core/strategy/gradient/differences.ts';
import { embeddings, lookupCost, sourceValues, withSources } from '../../core/strategy/gradient/sources.ts';
import { WeightedMean } from '../../core/strategy/gradient/weighted-mean.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';
import { mapRows, sliceRows } from '../../core/tensor/rows.ts';

/** The mean of DeepLIFT's values over baselines. */
export default defineMethod({
  apiVersion: 1,
  id: 'deep_lift_shap',
  strategy: 'gradient',
  revision: 2,
  background: true,
  about: {
    title: 'DeepLIFT SHAP',
    summary:
      'DeepLIFT averaged over all baselines of the request: an estimate of Shapley values, one pass for each baseline.',
    paper: arxiv('1705.07874', 2017, 'A Unified Approach to Interpreting Model Predictions', 'section 4.2'),
    properties: { signed: true, complete: true, deterministic: true, classDiscriminative: true },
    axioms: ['dummy', 'linearity', 'sensitivity'],
  },
  presets: { captum: { multiply_by_inputs: true } },
  readsScore: true,
  params: z.object({
    baseline: baselineParameter,
    multiply_by_inputs: z
      .boolean()
      .default(true)
      .describe('Multiplies with input minus baseline; without it, the mean multipliers.'),
    ...valueParameters(),
  }),
  needs: (_, model) => {
    const looked = embeddings(model).map(({ name }) => name);
    return {
      graphs: {
        multipliers: { feeds: looked, gradients: 'sources', ruleset: deeplift },
        score: { feeds: looked },
        ...(looked.length > 0 && { lookup: { activations: looked } }),
      },
    };
  },
  cost: (_, model, __, given) => ({
    forwards: lookupCost(model, given) + baselineCount(given),
    backwards: baselineCount(given),
  }),
  explain: async (ctx) => {
    const to = await sourceValues(ctx);
    const baselines = await baselineRowsOf(ctx, to, ctx.params.baseline);
    const input = withSources(ctx.inputs, to);
    const references = withSources(ctx.inputs, baselines);
    const count = Object.values(baselines)[0]?.dims[0] ?? 1;
    const { scores } = await ctx.evaluate(references, { graph: 'score' });
    const mean = new WeightedMean();
    let sums = 0;
    for (let first = 0; first < count; first += ctx.batchSize) {
      const last = Math.min(count, first + ctx.batchSize);
      const portion = Object.entries(references).map(([name, rows]) => [
        baselineName(name),
        name in baselines ? sliceRows(rows, first, last) : rows,
      ]);
      const { gradients } = await ctx.evaluate({ ...input, ...Object.fromEntries(portion) });
      for (let row = 0; row < last - first; row++) {
        const slopes = mapRows(gradients, (rows) => sliceRows(rows, row, row + 1));
        const from = mapRows(baselines, (rows) => sliceRows(rows, first + row, first + row + 1));
        const { values, sum } = timesDifference(slopes, from, to);
        mean.add(ctx.params.multiply_by_inputs ? values : slopes, 0, 1);
        sums += sum;
      }
    }
    const baselineScore = scores.reduce((total, score) => total + score, 0) / count;
    return {
      values: finishValues(mean.values, ctx.params, ctx.model),
      baselineScore,
      convergenceDelta: sums / count - (ctx.score - baselineScore),
    };
  },
});
