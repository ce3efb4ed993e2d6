/** Methods that mix the input with something absent, position by position: each is a choice of masks and of a fold. */
import * as z from 'zod';
import type { Method } from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import { type FamilyDefinition, membersOf } from '../../method/family.ts';
import type { Random } from '../../tensor/random.ts';
import type { Inputs } from '../../tensor/rows.ts';
import { baselineParameter } from '../baseline.ts';
import { finishValues, valueParameters } from '../reduction.ts';
import { positionMask, spreadFeatures } from './feature-mask.ts';
import { absentInputs, scoreMixtures } from './mixtures.ts';
import { wordMask } from './modality-mask.ts';

type Params<E extends z.ZodRawShape> = z.output<z.ZodObject<E>> & { readonly n_samples: number };

/** Definition of a perturbation method: its description, the masks, and the fold of the scores with them. */
export interface PerturbationDefinition<E extends z.ZodRawShape> extends FamilyDefinition<E> {
  /** Masks by default; 200 when left out. */
  readonly samples?: number;
  /**
   * Writes a mask: one number per position, 1 keeps what is there, 0 puts the baseline in its place.
   * @param ctx `random`: numbers of this mask alone; `inputs`: the explained row, for masks that follow its content
   */
  readonly mask: (
    weights: Float32Array,
    ctx: {
      readonly index: number;
      readonly random: Random;
      readonly params: Params<E>;
      /** One row of each input, [1, ...input]. */
      readonly inputs: Inputs;
    },
  ) => void;
  /**
   * Adds what a mask has shown to the attribution of each position, which begins with zeros; the masks come in order.
   * @param seen the mask, the score with it, and the score of the input as it is
   */
  readonly fold: (
    values: Float64Array,
    seen: { readonly weights: Float32Array; readonly score: number; readonly whole: number },
    params: Params<E>,
  ) => void;
}

/**
 * Defines a perturbation method over masks of positions: pixels, elements of a vector, steps of a series, or tokens. Where
 * a modality read a text or a row of a table, its words or columns take the place of positions.
 *
 * @example
 * import { definePerturbation } from 'whylight/plugin';
 * export default definePerturbation({
 *   id: 'random_drops', revision: 1, about,
 *   mask: (weights, { random }) => weights.set(random.uniform(weights.length).map(Math.round)),
 *   fold: (values, { weights, score }) => weights.forEach((weight, i) => { values[i] += weight * score; }),
 * });
 * @see https://arxiv.org/abs/1806.07421
 */
export function definePerturbation<E extends z.ZodRawShape = Record<never, never>>(
  definition: PerturbationDefinition<E>,
): Method;
export function definePerturbation(definition: PerturbationDefinition<z.ZodRawShape>): Method {
  const { params: extra, samples = 200, mask: draw, fold } = definition;
  return defineMethod({
    ...membersOf(definition),
    strategy: 'perturbation',
    params: z.object({
      n_samples: z.int().min(1).max(10_000).default(samples).describe('Masks that are tried.'),
      baseline: baselineParameter,
      ...valueParameters(),
      ...extra,
    }),
    needs: () => ({ mixtures: true }),
    cost: ({ n_samples }) => ({ forwards: n_samples, backwards: 0 }),
    explain: async (ctx) => {
      const { params } = ctx;
      const positions = wordMask(ctx.model) ?? positionMask(ctx.model);
      const values = new Float64Array(positions.features);
      await scoreMixtures(
        ctx,
        {
          count: params.n_samples,
          mask: positions,
          absent: absentInputs(ctx),
          weigh: (index, weights) => draw(weights, { index, random: ctx.random.at(index), params, inputs: ctx.inputs }),
        },
        (_, score, weights) => {
          fold(values, { weights, score, whole: ctx.score }, params);
        },
      );
      return { values: finishValues(spreadFeatures(positions, values, ctx.model), params, ctx.model) };
    },
  }) as Method;
}
