/** Methods that send the score back to the input by other rules than the gradient's. */
import * as z from 'zod';
import { excluding, type Ruleset } from '../../autodiff/ruleset.ts';
import { gradient } from '../../autodiff/rulesets/gradient.ts';
import { type About, API_VERSION, type Method } from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../reduction.ts';

/** Definition of a backpropagation method: its description and its two rulesets. */
export interface BackpropDefinition {
  readonly id: string;
  readonly revision: number;
  readonly about: About;
  readonly presets?: Method['presets'];
  readonly ruleset: Ruleset;
  /** The one that treats ReLU6 and other clips from 0 on as ReLUs. */
  readonly clipRuleset: Ruleset;
}

/**
 * Defines a method that propagates the score back to the inputs by the rules of a ruleset.
 *
 * @example
 * import { defineBackprop, guided } from 'whylight/plugin';
 * export default defineBackprop({ id: 'my_guided', revision: 1, about, ruleset: guided, clipRuleset: guided });
 * @see https://arxiv.org/abs/1412.6806
 */
export const defineBackprop = ({ ruleset, clipRuleset, ...rest }: BackpropDefinition): Method =>
  defineMethod({
    ...rest,
    apiVersion: API_VERSION,
    strategy: 'activation',
    params: z.object({
      exclude: z
        .array(z.string())
        .max(100)
        .default([])
        .describe(
          'Names of nodes that keep their plain gradient: hook-based libraries miss activations that are no modules.',
        ),
      clip: z
        .boolean()
        .default(false)
        .describe(
          'Treats Clip from 0 on (ReLU6, as in MobileNetV2) as a ReLU. Captum does not: there such a model gets its plain gradient.',
        ),
      absolute: absoluteParameter(false),
      reduction: reductionParameter,
    }),
    needs: ({ exclude, clip }) => ({
      gradients: 'sources',
      ruleset: excluding(clip ? clipRuleset : ruleset, exclude, gradient),
    }),
    cost: () => ({ forwards: 0, backwards: 1 }),
    explain: async (ctx) => {
      const { gradients } = await ctx.evaluate(ctx.inputs);
      return { values: finishValues(gradients, ctx.params, ctx.model) };
    },
  }) as Method;
