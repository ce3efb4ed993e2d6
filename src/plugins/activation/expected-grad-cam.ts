import * as z from 'zod';
import type { Method } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { layerParameters, meanGradients } from '../../core/strategy/activation/cam.ts';
import { finishWeighted } from '../../core/strategy/activation/finish-weighted.ts';
import { overLayers } from '../../core/strategy/activation/several-layers.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { baselineRowsOf } from '../../core/strategy/gradient/baseline-rows.ts';
import { noiseParameters, withNoise } from '../../core/strategy/gradient/noise.ts';
import { onLine } from '../../core/strategy/gradient/path.ts';
import { lookupCost, needsOfSources, sourceValues, withSources } from '../../core/strategy/gradient/sources.ts';
import { WeightedMean } from '../../core/strategy/gradient/weighted-mean.ts';
import { stackInputs } from '../../core/strategy/inner-method/batched.ts';
import { inPortions } from '../../core/strategy/inner-method/progress.ts';
import { targetLayer } from '../../core/strategy/layer.ts';
import { mapRows, sliceRows } from '../../core/tensor/rows.ts';

/** Numbers at the front of a sample's stream, for its position on the way. */
const POSITION_WORDS = 4;

/**
 * Grad-CAM with the gradient of the layer replaced by its expectation along the way from a baseline:
 * `w_k = mean_p E[dS/dA_k at x' + u (x + n - x')]` over baselines x', positions u uniform in [0, 1) and normal noise n.
 * It follows the idea of the paper and has not been compared with the authors' equations or code.
 */
export default overLayers(
  defineMethod({
    apiVersion: 1,
    id: 'expected_grad_cam',
    strategy: 'activation',
    revision: 1,
    about: {
      title: 'Expected Grad-CAM',
      summary: 'Grad-CAM with gradients averaged along noisy ways from baselines: also where the score is saturated.',
      paper: arxiv('2406.01274', 2024, 'Expected Grad-CAM: Towards gradient faithfulness'),
      properties: { signed: false, complete: false, deterministic: false, classDiscriminative: true },
    },
    params: z.object({
      ...layerParameters,
      n_samples: z
        .int()
        .min(1)
        .max(1000)
        .default(25)
        .describe('Random points between a baseline and the input. The baselines that the request gives take turns.'),
      ...noiseParameters,
      baseline: baselineParameter,
    }),
    needs: ({ target_layer }, model) => {
      const { name } = targetLayer(target_layer, model);
      const noisy = needsOfSources(model, { gradients: [name] });
      return { graphs: { ...('graphs' in noisy ? noisy.graphs : { noisy }), clean: { activations: [name] } } };
    },
    cost: ({ n_samples }, model, _, given) => ({ forwards: 1 + lookupCost(model, given), backwards: n_samples }),
    explain: async (ctx) => {
      const { n_samples, baseline, target_layer } = ctx.params;
      const { name } = targetLayer(target_layer, ctx.model);
      const values = await sourceValues(ctx);
      const baselines = await baselineRowsOf(ctx, values, baseline);
      const count = Object.values(baselines)[0]?.dims[0] ?? 1;
      const { activations } = await ctx.evaluate(ctx.inputs, { graph: 'clean' });
      const mean = new WeightedMean();
      await inPortions(
        ctx,
        n_samples,
        ({ first, count: size }) => {
          const points = Array.from({ length: size }, (_, i) => {
            const random = ctx.random.at(first + i);
            const row = (first + i) % count;
            const from = mapRows(baselines, (rows) => sliceRows(rows, row, row + 1));
            const to = withNoise(values, ctx.params, random, POSITION_WORDS);
            return onLine(from, to, [random.uniform(1)[0] as number]);
          });
          return withSources(ctx.inputs, stackInputs(points));
        },
        ({ gradients, scores }) => {
          for (const row of scores.keys()) mean.add(gradients, row, 1);
        },
      );
      const gradients = { [name]: mean.values[name] } as typeof mean.values;
      return finishWeighted(ctx, ctx.params, { activations, gradients }, meanGradients);
    },
  }) as Method,
);
