/** Pixel flipping (Bach et al. 2015, section "Evaluation"), as Quantus reads it. */
import * as z from 'zod';
import { distanceOneArea } from './curve.ts';
import { cumulated, portionCount, sharesOf, stepParameter } from './feature-steps.ts';
import { defineMetric } from './metric.ts';
import { answerParameter, answersWithout, featuresOf, removalBaseline, unitParameter } from './removal.ts';

export const pixelFlipping = defineMetric({
  id: 'pixel_flipping',
  about: {
    title: 'Pixel flipping',
    summary:
      'Area under the answers while the most important features are removed, a portion at a time; the distance of two portions is 1.',
    paper: {
      title: 'On pixel-wise explanations for non-linear classifier decisions by layer-wise relevance propagation',
      year: 2015,
      url: 'https://doi.org/10.1371/journal.pone.0130140',
    },
    better: 'lower',
  },
  params: z.object({
    features_in_step: stepParameter,
    baseline: removalBaseline,
    answer: answerParameter,
    unit: unitParameter,
  }),
  cost: (params, { info }) => ({ forwards: portionCount(info, params), backwards: 0 }),
  measure: async (ctx) => {
    const { features_in_step, unit } = ctx.params;
    const features = featuresOf(ctx, unit);
    const y = await answersWithout(ctx, features, cumulated(features.ranked(), features_in_step));
    return { score: distanceOneArea(y), curve: { x: sharesOf(features.count, features_in_step), y } };
  },
});
