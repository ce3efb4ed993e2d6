/** Methods that evaluate the input once and read their values off: each is a choice of what is evaluated. */
import type { z } from 'zod';
import type { Attribution, Evaluation, ExplainContext, Method, Needs, Strategy } from '../method/contract.ts';
import { defineMethod } from '../method/define.ts';
import { type FamilyDefinition, familyParams, membersOf, type OwnParams } from '../method/family.ts';
import type { ModelInfo } from '../model/info.ts';
import type { Float32Tensors } from '../tensor/rows.ts';
import { finishValues, type ValueParameters, valueParameters } from './reduction.ts';

/** Definition of a method of one evaluation: its description, what is evaluated, and the values in it. */
export interface SinglePassDefinition<E extends z.ZodRawShape> extends FamilyDefinition<E> {
  /** Family that the method is listed under. */
  readonly strategy: Strategy;
  /** Default of the parameter `absolute`; false when left out. */
  readonly absolute?: boolean;
  /** False for a method that needs no derivatives. */
  readonly gradients?: false;
  /** Returns the graph that is evaluated. */
  readonly needs: (params: OwnParams<E>, model: ModelInfo) => Needs;
  /** Values before `absolute` and `reduction`; the gradients when left out. */
  readonly values?: (evaluation: Evaluation, ctx: ExplainContext<OwnParams<E>>) => Float32Tensors;
  /** Reduction over channels for the map; see {@link Attribution.channels}. */
  readonly channels?: Attribution['channels'];
}

/**
 * Defines a method whose values come from a single evaluation of the input.
 *
 * @example
 * import { defineSinglePass } from 'whylight/plugin';
 * export default defineSinglePass({
 *   id: 'slope', revision: 1, about, strategy: 'gradient',
 *   needs: () => ({ gradients: 'sources' }),
 * });
 * @see https://arxiv.org/abs/1312.6034
 */
export function defineSinglePass<E extends z.ZodRawShape = Record<never, never>>(
  definition: SinglePassDefinition<E>,
): Method;
export function defineSinglePass(definition: SinglePassDefinition<z.ZodRawShape>): Method {
  const { strategy, params: extra, absolute = false, gradients = true, needs, channels } = definition;
  const { values = (evaluation: Evaluation) => evaluation.gradients } = definition;
  return defineMethod({
    ...membersOf(definition),
    strategy,
    params: familyParams(extra, (own) => ({ ...own, ...valueParameters(absolute) })),
    needs,
    cost: () => (gradients ? { forwards: 0, backwards: 1 } : { forwards: 1, backwards: 0 }),
    explain: async (ctx) => {
      const evaluation = await ctx.evaluate(ctx.inputs);
      return {
        values: finishValues(values(evaluation, ctx), ctx.params as ValueParameters, ctx.model),
        ...(channels && { channels }),
      };
    },
  }) as Method;
}
