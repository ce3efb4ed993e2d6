import * as z from 'zod';
import type { Attribution } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { baselinesOf, differenceOf, timesDifference } from '../../core/strategy/gradient/differences.ts';
import { integrateGradients } from '../../core/strategy/gradient/path.ts';
import { quadrature, quadratureParameter } from '../../core/strategy/gradient/quadrature.ts';
import { lookupCost, needsOfSources, sourceValues, withSources } from '../../core/strategy/gradient/sources.ts';
import { precisionParameter } from '../../core/strategy/precision.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';
import type { Float32Tensors } from '../../core/tensor/rows.ts';

/** With fewer, the sum may be right by chance. */
const MIN_STEPS = 8;

/** The mean gradient on the line from a baseline to the input, times the way from one to the other. */
export default defineMethod({
  apiVersion: 1,
  id: 'integrated_gradients',
  strategy: 'gradient',
  revision: 2,
  about: {
    title: 'Integrated Gradients',
    summary:
      'How much each element adds to the score on the way from a baseline to the input; the sum is the whole difference.',
    paper: {
      title: 'Axiomatic Attribution for Deep Networks',
      year: 2017,
      url: 'https://arxiv.org/abs/1703.01365',
      where: 'equation 1',
    },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: true, deterministic: true, classDiscriminative: true },
    axioms: ['symmetry', 'dummy', 'linearity', 'sensitivity'],
  },
  presets: {
    captum: { n_steps: 50, quadrature: 'gausslegendre', baseline: 0, multiply_by_inputs: true },
    xplique: { n_steps: 50, quadrature: 'riemann_trapezoid', baseline: 0, reduction: 'mean' },
    pair: { n_steps: 25, quadrature: 'uniform', baseline: 0 },
    zennit: { n_steps: 20, quadrature: 'riemann_right', baseline: 0 },
  },
  readsScore: true,
  params: z.object({
    n_steps: z
      .int()
      .min(1)
      .max(1000)
      .default(50)
      .describe('Points on the path; more make the sum of the values more exact.'),
    quadrature: quadratureParameter,
    baseline: baselineParameter,
    multiply_by_inputs: z
      .boolean()
      .default(true)
      .describe('Multiplies with input minus baseline; without it, the mean gradient.'),
    precision: precisionParameter('what the values miss of the difference between the scores, as a share of it'),
    absolute: absoluteParameter(false),
    reduction: reductionParameter,
  }),
  needs: (_, model) => needsOfSources(model, { gradients: 'sources' }),
  cost: ({ n_steps }, model, _, given) => ({ forwards: lookupCost(model, given), backwards: n_steps + 1 }),
  explain: async (ctx) => {
    const { n_steps, quadrature: rule, baseline, multiply_by_inputs, precision } = ctx.params;
    const to = await sourceValues(ctx);
    const from = await baselinesOf(ctx, to, baseline);
    const { scores } = await ctx.evaluate(withSources(ctx.inputs, from));
    const baselineScore = scores[0] as number;
    const whole = ctx.score - baselineScore;
    const difference = differenceOf(from, to);
    const attribution = (means: Float32Tensors): Attribution => {
      const { values, sum } = timesDifference(means, from, to);
      return {
        values: finishValues(multiply_by_inputs ? values : means, ctx.params, ctx.model),
        baselineScore,
        convergenceDelta: sum - whole,
      };
    };
    const means = await integrateGradients(ctx, from, to, quadrature(rule, n_steps), {
      partial: (gradients) => {
        ctx.partial(() => {
          const standardError = gradients.standardError(multiply_by_inputs ? difference : undefined);
          return { ...attribution(gradients.values), ...(standardError !== undefined && { standardError }) };
        });
      },
      ...(precision > 0 && {
        enough: (gradients) =>
          gradients.count >= MIN_STEPS && Math.abs(gradients.dot(difference) - whole) <= precision * Math.abs(whole),
      }),
    });
    return attribution(means);
  },
});
