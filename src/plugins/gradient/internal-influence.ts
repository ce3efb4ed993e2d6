import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { baselinesOf } from '../../core/strategy/gradient/differences.ts';
import { integrateGradients } from '../../core/strategy/gradient/path.ts';
import { quadrature, quadratureParameter } from '../../core/strategy/gradient/quadrature.ts';
import { lookupCost, needsOfSources, sourceValues } from '../../core/strategy/gradient/sources.ts';
import { gradientLayer, gradientLayerParameter } from '../../core/strategy/gradient-layer.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';

/** The mean gradient at a layer on the line from a baseline to the input. */
export default defineMethod({
  apiVersion: 1,
  id: 'internal_influence',
  strategy: 'gradient',
  revision: 3,
  about: {
    title: 'Internal Influence',
    summary: 'How the score changes with each element of a layer, on average on the way from a baseline to the input.',
    paper: arxiv('1802.03788', 2018, 'Influence-Directed Explanations for Deep Convolutional Networks'),
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  presets: { captum: { n_steps: 50, quadrature: 'gausslegendre', baseline: 0 } },
  params: z.object({
    target_layer: gradientLayerParameter,
    n_steps: z.int().min(1).max(1000).default(50).describe('Points on the path of the input.'),
    quadrature: quadratureParameter,
    baseline: baselineParameter,
    ...valueParameters(),
  }),
  needs: ({ target_layer }, model) => needsOfSources(model, { gradients: [gradientLayer(target_layer, model).name] }),
  cost: ({ n_steps }, model, _, given) => ({ forwards: lookupCost(model, given), backwards: n_steps }),
  explain: async (ctx) => {
    const { n_steps, quadrature: rule, baseline } = ctx.params;
    const to = await sourceValues(ctx);
    const from = await baselinesOf(ctx, to, baseline);
    const means = await integrateGradients(ctx, from, to, quadrature(rule, n_steps), {
      partial: (mean) =>
        ctx.partial(() => ({ values: finishValues(mean.values, ctx.params, ctx.model), channels: 'l2' })),
    });
    return { values: finishValues(means, ctx.params, ctx.model), channels: 'l2' };
  },
});
