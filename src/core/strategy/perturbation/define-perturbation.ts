/** Methods that mix the input with something absent, position by position: each is a choice of masks and of a fold. */
import * as z from 'zod';
import type { Method } from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import { type FamilyDefinition, familyParams, membersOf, type RowContext, rowContext } from '../../method/family.ts';
import type { Random } from '../../tensor/random.ts';
import { baselineParameter } from '../baseline.ts';
import { finishValues, valueParameters } from '../reduction.ts';
import { positionMask, spreadFeatures } from './feature-mask.ts';
import { absentInputs, scoreMixtures } from './mixtures.ts';
import { wordMask } from './modality-mask.ts';
import { gridsOf, type PositionGrid } from './position-grid.ts';

type Params<E extends z.ZodRawShape> = z.output<z.ZodObject<E>> & { readonly n_samples: number };

/** Row of a perturbation method, with the positions that its masks are made of. */
export interface MaskedRow<P> extends RowContext<P> {
  readonly grids: readonly PositionGrid[];
}

/** Facts that a mask is drawn with. */
export interface MaskContext<P, T> extends Omit<MaskedRow<P>, 'data' | 'model'> {
  /** Number of the mask, from 0. */
  readonly index: number;
  /** Numbers of this mask alone. */
  readonly random: Random;
  /** Result of `prepare`; undefined without it. */
  readonly prepared: T;
}

/** Mask that was tried, and the score with it. */
export interface SeenMask<T> {
  readonly index: number;
  readonly weights: Float32Array;
  readonly score: number;
  /** Score of the input as it is. */
  readonly whole: number;
  /** Result of `prepare`; undefined without it. */
  readonly prepared: T;
}

/** Definition of a perturbation method: its description, the masks, and the fold of the scores with them. */
export interface PerturbationDefinition<E extends z.ZodRawShape, T = unknown> extends FamilyDefinition<E> {
  /** Masks by default; 200 when left out. */
  readonly samples?: number;
  /** Computes once for each row what all of its masks share, such as segments, or sums that `fold` adds up for `finish`. */
  readonly prepare?: (row: MaskedRow<Params<E>>) => T | Promise<T>;
  /** Writes a mask: one number per position, 1 keeps what is there, 0 puts the baseline in its place. */
  readonly mask: (weights: Float32Array, ctx: MaskContext<Params<E>, T>) => void;
  /**
   * Adds what a mask has shown to the attribution of each position, which begins with zeros; the masks come in order.
   * @param seen the mask, the score with it, and the score of the input as it is
   */
  readonly fold: (values: Float64Array, seen: SeenMask<T>, params: Params<E>) => void;
  /** Changes the attribution after the last mask, such as by the number of masks that covered each position. */
  readonly finish?: (values: Float64Array, seen: Pick<SeenMask<T>, 'whole' | 'prepared'>, params: Params<E>) => void;
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
export function definePerturbation<E extends z.ZodRawShape = Record<never, never>, T = undefined>(
  definition: PerturbationDefinition<E, T>,
): Method;
export function definePerturbation(definition: PerturbationDefinition<z.ZodRawShape>): Method {
  const { params: extra, samples = 200, prepare, mask: draw, fold, finish } = definition;
  return defineMethod({
    ...membersOf(definition),
    strategy: 'perturbation',
    params: familyParams(extra, (own) => ({
      n_samples: z.int().min(1).max(10_000).default(samples).describe('Masks that are tried.'),
      baseline: baselineParameter,
      ...valueParameters(),
      ...own,
    })),
    needs: () => ({ mixtures: true }),
    cost: ({ n_samples }) => ({ forwards: n_samples, backwards: 0 }),
    explain: async (ctx) => {
      const { params } = ctx;
      const words = wordMask(ctx.model);
      const positions = words ?? positionMask(ctx.model);
      const grids = words ? [{ first: 0, shape: [words.features] }] : gridsOf(ctx.model);
      const prepared = await prepare?.({ ...rowContext(ctx), grids });
      const row = { params, inputs: ctx.inputs, grids, prepared };
      const values = new Float64Array(positions.features);
      await scoreMixtures(
        ctx,
        {
          count: params.n_samples,
          mask: positions,
          absent: absentInputs(ctx),
          weigh: (index, weights) => draw(weights, { ...row, index, random: ctx.random.at(index) }),
        },
        (index, score, weights) => {
          fold(values, { index, weights, score, whole: ctx.score, prepared }, params);
        },
      );
      finish?.(values, { whole: ctx.score, prepared }, params);
      return { values: finishValues(spreadFeatures(positions, values, ctx.model), params, ctx.model) };
    },
  }) as Method;
}
