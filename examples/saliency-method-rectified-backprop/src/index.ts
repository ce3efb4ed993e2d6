import {
  absoluteParameter,
  defineElementwise,
  defineMethod,
  defineRuleset,
  finishValues,
  gradient,
  reductionParameter,
  z,
} from 'whylight/plugin';

/**
 * Backward rule of ReLU: a signal passes only where activation times signal is above a share of its largest value in the
 * row, so that weak evidence is dropped on the way. All other operators keep the gradient's rule.
 */
const rectified = (threshold: number) =>
  defineRuleset({
    id: `rectified ${threshold}`,
    title: 'Rectified Backprop',
    base: gradient,
    rules: [
      defineElementwise({
        op: 'Relu',
        since: [6, 13, 14],
        surrogate: true,
        derivative: ({ g, y, dy }) => {
          const evidence = g.op('Mul', [y, dy]);
          const axes = (evidence.dims ?? []).map((_, axis) => axis).slice(1);
          const least = g.op('Mul', [g.reduce('ReduceMax', evidence, axes, true), g.number(threshold, evidence)]);
          return g.op('Where', [g.op('Greater', [evidence, least]), dy, g.number(0, dy)]);
        },
      }),
    ],
  });

/** The input times what arrives there: an operator's backward rule of its own is all that this method is. */
export default defineMethod({
  apiVersion: 1,
  id: 'rectified_backprop',
  strategy: 'activation',
  revision: 1,
  about: {
    title: 'Rectified Backprop',
    summary: 'Fine detail behind the strongest evidence: signals that are weak for their layer stop at its ReLU.',
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  params: z.object({
    threshold: z
      .number()
      .min(0)
      .max(0.99)
      .default(0.05)
      .describe('Share of the largest evidence in a layer below which a signal is dropped.'),
    absolute: absoluteParameter(false),
    reduction: reductionParameter,
  }),
  needs: ({ threshold }) => ({ gradients: 'sources', ruleset: rectified(threshold) }),
  cost: () => ({ forwards: 0, backwards: 1 }),
  async explain(ctx) {
    const { gradients } = await ctx.evaluate(ctx.inputs);
    return { values: finishValues(gradients, ctx.params, ctx.model) };
  },
});
