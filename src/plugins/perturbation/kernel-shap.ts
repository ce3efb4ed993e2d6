import * as z from 'zod';
import type { Attribution } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { checkFeatures, kernelCoalitionCount, kernelCoalitions } from '../../core/strategy/perturbation/coalitions.ts';
import { featureCount, featureMask } from '../../core/strategy/perturbation/feature-mask.ts';
import { featureMethodParameters, finishFeatures } from '../../core/strategy/perturbation/feature-method.ts';
import { KernelFit } from '../../core/strategy/perturbation/kernel-fit.ts';
import { absentInputs, absentScore, scoreMixtures } from '../../core/strategy/perturbation/mixtures.ts';
import { isPrecise, precisionParameter, sizeOfMap } from '../../core/strategy/precision.ts';
import { sumOf } from '../../core/tensor/sum.ts';

/** Number of partial maps after every coalition of the outer sizes was evaluated. */
const PARTIALS = 8;

/** Shapley values by regression over coalitions; exact as soon as the budget covers every coalition. */
export default defineMethod({
  apiVersion: 1,
  id: 'kernel_shap',
  strategy: 'perturbation',
  revision: 1,
  about: {
    title: 'Kernel SHAP',
    summary: 'Shapley values from a weighted linear model of the scores of coalitions of features.',
    paper: {
      title: 'A Unified Approach to Interpreting Model Predictions',
      year: 2017,
      url: 'https://arxiv.org/abs/1705.07874',
      where: 'theorem 2',
    },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
    axioms: ['linearity', 'sensitivity'],
  },
  presets: { captum: { n_samples: 25, feature_mask: 'none', baseline: 0 }, xplique: { n_samples: 800, baseline: 0 } },
  params: z.object({
    n_samples: z
      .int()
      .min(2)
      .max(2 ** 20)
      .default(256)
      .describe('Rows to evaluate at most. With 2^d - 1 rows for d features, the values are exact.'),
    ...featureMethodParameters({ mask: 'superpixels', grid: 5, segments: 25 }),
    precision: precisionParameter(),
  }),
  needs: () => ({ mixtures: true }),
  cost: (params, model) => ({
    forwards: 1 + rows(checkFeatures('kernel_shap', featureCount(model, params)), params.n_samples),
    backwards: 0,
  }),
  explain: async (ctx) => {
    const mask = featureMask(ctx.model, ctx.params, ctx.inputs);
    const absent = absentInputs(ctx);
    const baselineScore = await absentScore(ctx, absent);
    const coalitions = kernelCoalitions(mask.features, ctx.params.n_samples - 1, ctx.random);
    const fit = new KernelFit(coalitions, { empty: baselineScore, full: ctx.score });
    const answer = () => {
      const { values, standardError } = fit.estimate();
      const attribution: Attribution = {
        values: finishFeatures(ctx, mask, values),
        baselineScore,
        convergenceDelta: sumOf(values) - (ctx.score - baselineScore),
        ...(standardError !== undefined && { standardError }),
      };
      return {
        attribution,
        enough: isPrecise(standardError, sizeOfMap(values).rootMeanSquare, ctx.params.precision),
      };
    };
    const drawn = coalitions.count - coalitions.exhaustive;
    // In whole pairs: a coalition without its complement says little.
    const every = 2 * Math.ceil(drawn / 2 / PARTIALS);
    await scoreMixtures(
      ctx,
      {
        count: coalitions.count,
        mask,
        absent,
        weigh: (index, weights) =>
          weights.set(coalitions.present.subarray(index * mask.features, (index + 1) * mask.features)),
      },
      (index, score) => {
        fit.add(index, score);
        const done = index + 1 - coalitions.exhaustive;
        if (done <= 0 || done % every !== 0 || done === drawn) return false;
        const { attribution, enough } = answer();
        if (!enough) ctx.partial(attribution);
        return enough;
      },
    );
    return answer().attribution;
  },
});

const rows = (features: number, most: number): number => Math.max(0, kernelCoalitionCount(features, most - 1));
