/** Methods that send the score back to the input by other rules than the gradient's. */
import * as z from 'zod';
import { excluding, type Ruleset } from '../../autodiff/ruleset.ts';
import { gradient } from '../../autodiff/rulesets/gradient.ts';
import type { Method } from '../../method/contract.ts';
import type { FamilyDefinition } from '../../method/family.ts';
import { defineSinglePass } from '../single-pass.ts';

/** Definition of a backpropagation method: its description and its two rulesets. */
export interface BackpropDefinition extends Omit<FamilyDefinition, 'params'> {
  /** Backward rules. */
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
  defineSinglePass({
    ...rest,
    strategy: 'activation',
    params: {
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
    },
    needs: ({ exclude, clip }) => ({
      gradients: 'sources',
      ruleset: excluding(clip ? clipRuleset : ruleset, exclude, gradient),
    }),
  });
