import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { sizeInUnits } from '../../core/method/units.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { baselineCount, baselineRowsOf } from '../../core/strategy/gradient/baseline-rows.ts';
import { timesDifference } from '../../core/strategy/gradient/differences.ts';
import { withNoise } from '../../core/strategy/gradient/noise.ts';
import { onLine } from '../../core/strategy/gradient/path.ts';
import { lookupCost, needsOfSources, sourceValues, withSources } from '../../core/strategy/gradient/sources.ts';
import { stackInputs } from '../../core/strategy/inner-method/batched.ts';
import { inPortions } from '../../core/strategy/inner-method/progress.ts';
import { Moments } from '../../core/strategy/moments.ts';
import { precisionParameter } from '../../core/strategy/precision.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';
import { UNCERTAINTY_RETURNED, uncertaintyOf, uncertaintyParameter } from '../../core/strategy/uncertainty.ts';
import type { Float32Tensors } from '../../core/tensor/rows.ts';
import { mapRows, sliceRows } from '../../core/tensor/rows.ts';

/** Stream of the order of the baselines; samples have those from 1 on. */
const ORDER = 0;
/** Numbers at the front of a sample's stream, for its position on the way. */
const POSITION_WORDS = 4;
/** With fewer samples, the standard error may be small by chance. */
const MIN_SAMPLES = 4;

/** E[(x - x') * gradient at x' + u (x - x')], over baselines x', positions u and, if asked for, noise on x. */
export default defineMethod({
  apiVersion: 1,
  id: 'gradient_shap',
  strategy: 'gradient',
  revision: 2,
  about: {
    title: 'Gradient SHAP',
    summary:
      'Expected gradients: Integrated Gradients averaged over a distribution of baselines, by random samples. The sum comes near the difference to the mean baseline score with many samples.',
    paper: arxiv(
      '1906.10670',
      2019,
      'Improving performance of deep learning models with axiomatic attribution priors and expected gradients',
    ),
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
    axioms: ['symmetry', 'dummy', 'linearity'],
  },
  presets: { captum: { n_samples: 5, stdevs: 0, multiply_by_inputs: true } },
  returns: {
    uncertainty: UNCERTAINTY_RETURNED,
    text: 'how many background rows the ways begin at, where there are several',
  },
  background: true,
  readsScore: true,
  params: z.object({
    n_samples: z
      .int()
      .min(1)
      .max(1000)
      .default(5)
      .describe('Random points between a baseline and the input. The baselines that the request gives take turns.'),
    stdevs: sizeInUnits
      .default(0)
      .describe('Standard deviation of the noise on the input, in the units of the input tensor.'),
    baseline: baselineParameter,
    multiply_by_inputs: z
      .boolean()
      .default(true)
      .describe('Multiplies with input minus baseline; without it, the mean gradient.'),
    precision: precisionParameter('the standard error, as a share of the size of the mean'),
    uncertainty: uncertaintyParameter,
    ...valueParameters(),
  }),
  needs: (_, model) => {
    const needs = needsOfSources(model, { gradients: 'sources' });
    const { graphs } = 'graphs' in needs ? needs : { graphs: { sources: needs } };
    return { graphs: { ...graphs, score: { feeds: graphs.sources?.feeds ?? [] } } };
  },
  cost: ({ n_samples }, model, _, given) => ({
    forwards: lookupCost(model, given) + Math.min(n_samples, baselineCount(given)),
    backwards: n_samples,
  }),
  explain: async (ctx) => {
    const { n_samples, stdevs, baseline, multiply_by_inputs, precision } = ctx.params;
    const input = await sourceValues(ctx);
    const baselines = await baselineRowsOf(ctx, input, baseline);
    const count = Object.values(baselines)[0]?.dims[0] ?? 1;
    const order = ctx.random.at(ORDER).permutation(count);
    const used = order.subarray(0, n_samples);
    const baselineAt = (index: number) => mapRows(baselines, (rows) => sliceRows(rows, index, index + 1));
    const { scores } = await ctx.evaluate(withSources(ctx.inputs, stackInputs(Array.from(used, baselineAt))), {
      graph: 'score',
    });
    const moments = new Moments();
    let [total, sums] = [0, 0];
    const attribution = () => {
      const baselineScore = total / moments.count;
      return {
        values: finishValues(moments.mean, ctx.params, ctx.model),
        ...(count > 1 && { text: `The ways begin at ${used.length} of ${count} background rows.` }),
        baselineScore,
        convergenceDelta: sums / moments.count - (ctx.score - baselineScore),
        ...(moments.standardError !== undefined && { standardError: moments.standardError }),
        ...uncertaintyOf(ctx, moments.standardErrors),
      };
    };
    const drawn: { from: Float32Tensors; to: Float32Tensors; point: Float32Tensors }[][] = [];
    await inPortions(
      ctx,
      n_samples,
      ({ first, count: size, slot }) => {
        const samples = Array.from({ length: size }, (_, i) => {
          const random = ctx.random.at(first + i + 1);
          const from = baselineAt(order[(first + i) % count] as number);
          const to = stdevs > 0 ? withNoise(input, { stdevs, stdev_spread: 0 }, random, POSITION_WORDS) : input;
          return { from, to, point: onLine(from, to, [random.uniform(1)[0] as number]) };
        });
        drawn[slot] = samples;
        return withSources(ctx.inputs, stackInputs(samples.map(({ point }) => point)));
      },
      ({ gradients }, { first, slot, milestone }) => {
        for (const [row, { from, to }] of (drawn[slot] ?? []).entries()) {
          const slopes = mapRows(gradients, (rows) => sliceRows(rows, row, row + 1));
          const { values, sum } = timesDifference(slopes, from, to);
          moments.add(multiply_by_inputs ? values : slopes);
          sums += sum;
          total += scores[(first + row) % used.length] as number;
          if (precision > 0 && moments.count >= MIN_SAMPLES && moments.relativeError <= precision) return true;
        }
        if (milestone) ctx.partial(attribution);
        return false;
      },
    );
    return attribution();
  },
});
