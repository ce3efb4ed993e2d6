import * as z from 'zod';
import type { Attribution } from '../../core/method/contract.ts';
import { arxiv } from '../../core/method/papers.ts';
import {
  checkCoalitions,
  checkFeatures,
  kernelCoalitionCount,
  kernelCoalitions,
} from '../../core/strategy/perturbation/coalitions.ts';
import { defineFeatureMethod, MODEL_ROWS } from '../../core/strategy/perturbation/define-features.ts';
import { KernelFit } from '../../core/strategy/perturbation/kernel-fit.ts';
import { isPrecise, precisionParameter, sizeOfMap } from '../../core/strategy/precision.ts';
import { UNCERTAINTY_RETURNED, uncertaintyParameter } from '../../core/strategy/uncertainty.ts';
import { sumOf } from '../../core/tensor/sum.ts';

/** Number of partial maps after every coalition of the outer sizes was evaluated. */
const PARTIALS = 8;

/** Shapley values by regression over coalitions; exact as soon as the budget covers every coalition. */
export default defineFeatureMethod({
  id: 'kernel_shap',
  revision: 2,
  about: {
    title: 'Kernel SHAP',
    summary: 'Shapley values from a weighted linear model of the scores of coalitions of features.',
    paper: arxiv('1705.07874', 2017, 'A Unified Approach to Interpreting Model Predictions', 'theorem 2'),
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
    axioms: ['linearity', 'sensitivity'],
  },
  presets: { captum: { n_samples: 25, feature_mask: 'none', baseline: 0 }, xplique: { n_samples: 800, baseline: 0 } },
  returns: { uncertainty: UNCERTAINTY_RETURNED },
  params: {
    n_samples: z
      .int()
      .min(2)
      .max(2 ** 20)
      .default(256)
      .describe('Rows to evaluate at most. With 2^d - 1 rows for d features, the values are exact.'),
    precision: precisionParameter(),
    uncertainty: uncertaintyParameter,
  },
  background: MODEL_ROWS,
  mask: { mask: 'superpixels', grid: 5, segments: 25 },
  cost: (features, { n_samples }) => 1 + rows(features, n_samples),
  explain: async (ctx, run) => {
    const { features } = run;
    const baselineScore = await run.absentScore();
    const coalitions = kernelCoalitions(features, ctx.params.n_samples - 1, ctx.random);
    const fit = new KernelFit(coalitions, { empty: baselineScore, full: ctx.score });
    const answer = () => {
      const { values, errors, standardError } = fit.estimate();
      const attribution: Attribution = {
        values: run.spread(values),
        ...run.source,
        baselineScore,
        convergenceDelta: sumOf(values) - (ctx.score - baselineScore),
        ...(standardError !== undefined && { standardError }),
        ...(ctx.params.uncertainty && run.uncertainty(errors)),
      };
      return {
        attribution,
        enough: isPrecise(standardError, sizeOfMap(values).rootMeanSquare, ctx.params.precision),
      };
    };
    const drawn = coalitions.count - coalitions.exhaustive;
    // In whole pairs: a coalition without its complement says little.
    const every = 2 * Math.ceil(drawn / 2 / PARTIALS);
    await run.score(
      coalitions.count,
      (index, weights) => weights.set(coalitions.present.subarray(index * features, (index + 1) * features)),
      (index, score) => {
        fit.add(index, score);
        const done = index + 1 - coalitions.exhaustive;
        if (fit.isSlow || done <= 0 || done % every !== 0 || done === drawn) return false;
        const { attribution, enough } = answer();
        if (!enough) ctx.partial(attribution);
        return enough;
      },
    );
    return answer().attribution;
  },
});

/** @throws WhylightError `invalid_request` for more features or coalitions than fit into memory */
function rows(features: number, most: number): number {
  const count = Math.max(0, kernelCoalitionCount(checkFeatures('kernel_shap', features), most - 1));
  return checkCoalitions('kernel_shap', features, count);
}
