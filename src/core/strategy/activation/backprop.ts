/** Methods that send the score back to the input by other rules than the gradient's. */
import { z } from 'zod';
import type { Ruleset } from '../../autodiff/ruleset.ts';
import { type About, API_VERSION, type Method } from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../reduction.ts';

export interface BackpropDefinition {
  readonly id: string;
  readonly revision: number;
  readonly about: About;
  /** The table of rules: the id of one that comes with whylight, or the method's own. */
  readonly ruleset: string | Ruleset;
}

/** A method whose values are what arrives at the input. */
export const defineBackprop = ({ ruleset, ...rest }: BackpropDefinition): Method =>
  defineMethod({
    ...rest,
    apiVersion: API_VERSION,
    strategy: 'activation',
    params: z.object({ absolute: absoluteParameter(false), reduction: reductionParameter }),
    needs: () => ({ gradients: 'sources', ruleset }),
    cost: () => ({ forwards: 0, backwards: 1 }),
    explain: async (ctx) => {
      const { gradients } = await ctx.evaluate(ctx.inputs);
      return { values: finishValues(gradients, ctx.params, ctx.model) };
    },
  }) as Method;
