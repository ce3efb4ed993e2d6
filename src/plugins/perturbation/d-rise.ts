import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { positionMask, spreadFeatures } from '../../core/strategy/perturbation/feature-mask.ts';
import { absentInputs, scoreMixtures } from '../../core/strategy/perturbation/mixtures.ts';
import { randomMask } from '../../core/strategy/perturbation/random-masks.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';

/** Number of partial maps. */
const PARTIALS = 10;

/** Writes mask `index`: how much of each position is seen, 0 to 1. */
export type WriteMask = (index: number, weights: Float32Array) => void;

/**
 * D-RISE: S = 1/N sum_i w_i M_i, where w_i is the largest similarity of the explained box d to any candidate d_j that the
 * detector finds in the masked image: s(d, d_j) = IoU(d, d_j) cos(P, P_j) O_j, with class probabilities P and objectness O
 * (equations 3 to 7 of the paper).
 * @param recorded writes the masks in place of random ones
 */
export const dRise = (recorded?: WriteMask) =>
  defineMethod({
    apiVersion: 1,
    id: 'd_rise',
    strategy: 'perturbation',
    revision: 1,
    follows: 'similarity',
    about: {
      title: 'D-RISE',
      summary: 'How like the explained box the best box is that a detector still finds through random masks.',
      paper: arxiv(
        '2006.03204',
        2021,
        'Black-box Explanation of Object Detectors via Saliency Maps',
        'equations 3 to 7',
      ),
      properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
    },
    params: z.object({
      n_masks: z.int().min(1).max(100_000).default(5000).describe('Random masks (N); the paper takes 5000.'),
      cells: z
        .int()
        .min(1)
        .max(64)
        .default(16)
        .describe('Cells of a mask along each side; the paper takes 16, as objects are smaller than images.'),
      probability: z.number().gt(0).lte(1).default(0.5).describe('How likely a cell is visible (p).'),
      baseline: baselineParameter,
      ...valueParameters(),
    }),
    needs: () => ({ mixtures: true }),
    cost: ({ n_masks }) => ({ forwards: n_masks, backwards: 0 }),
    explain: async (ctx) => {
      const { n_masks, cells, probability } = ctx.params;
      const mask = positionMask(ctx.model);
      const sums = new Float64Array(mask.features);
      const mapOf = (count: number) =>
        finishValues(
          spreadFeatures(
            mask,
            sums.map((sum) => sum / count),
            ctx.model,
          ),
          ctx.params,
          ctx.model,
        );
      const write: WriteMask =
        recorded ??
        ((index, weights) => randomMask(ctx.model, { cells, keep: probability }, ctx.random.at(index), weights));
      const every = Math.ceil(n_masks / PARTIALS);
      await scoreMixtures(
        ctx,
        { count: n_masks, mask, absent: absentInputs(ctx), weigh: write },
        (index, weight, shown) => {
          const count = index + 1;
          for (let position = 0; position < sums.length; position++) {
            sums[position] = (sums[position] as number) + weight * (shown[position] as number);
          }
          if (count % every === 0 && count < n_masks) ctx.partial(() => ({ values: mapOf(count) }));
        },
      );
      return { values: mapOf(n_masks) };
    },
  });

export default dRise();
