import * as z from 'zod';
import type { Attribution } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { Moments } from '../../core/strategy/moments.ts';
import { featureCount, featureMask } from '../../core/strategy/perturbation/feature-mask.ts';
import { featureMethodParameters, finishFeatures } from '../../core/strategy/perturbation/feature-method.ts';
import { absentInputs, absentScore, scoreMixtures } from '../../core/strategy/perturbation/mixtures.ts';
import { isPrecise, precisionParameter, sizeOfMap } from '../../core/strategy/precision.ts';
import { sumOf } from '../../core/tensor/sum.ts';
import { float32 } from '../../core/tensor/tensor.ts';

/** The mean gain of each feature over random orders in which features are added, one after another, to the baseline. */
export default defineMethod({
  apiVersion: 1,
  id: 'shapley_sampling',
  strategy: 'perturbation',
  revision: 1,
  about: {
    title: 'Shapley Value Sampling',
    summary: 'Shapley values estimated from random orders of the features. Every order adds up exactly.',
    paper: {
      title: 'Polynomial calculation of the Shapley value based on sampling',
      year: 2009,
      url: 'https://doi.org/10.1016/j.cor.2008.04.004',
    },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
    axioms: ['dummy', 'linearity', 'sensitivity'],
  },
  presets: { captum: { n_samples: 25, antithetic: false, feature_mask: 'none', baseline: 0 } },
  params: z.object({
    n_samples: z.int().min(1).max(10_000).default(10).describe('Random orders of the features.'),
    antithetic: z
      .boolean()
      .default(true)
      .describe('Every second order is the one before it, reversed: less noise for the same cost.'),
    ...featureMethodParameters({ mask: 'superpixels', grid: 5, segments: 25 }),
    precision: precisionParameter(),
  }),
  needs: () => ({ mixtures: true }),
  cost: (params, model) => ({
    // Empty and full are the ends of every order.
    forwards: 1 + params.n_samples * (featureCount(model, params) - 1),
    backwards: 0,
  }),
  explain: async (ctx) => {
    const { n_samples, antithetic, precision } = ctx.params;
    const mask = featureMask(ctx.model, ctx.params, ctx.inputs);
    const absent = absentInputs(ctx);
    const baselineScore = await absentScore(ctx, absent);
    const orders = remembered((order) => {
      const stream = antithetic ? order >> 1 : order;
      const forward = ctx.random.at(stream).permutation(mask.features);
      return antithetic && order % 2 === 1 ? forward.reverse() : forward;
    });
    const gains = new Float64Array(mask.features);
    // An order and its reverse are one sample: only pairs are independent.
    const sample = new Float64Array(mask.features);
    const [size, moments] = [antithetic ? 2 : 1, new Moments()];
    const answer = (done: number): Attribution => {
      const values = gains.map((gain) => gain / done);
      return {
        values: finishFeatures(ctx, mask, values),
        baselineScore,
        convergenceDelta: sumOf(values) - (ctx.score - baselineScore),
        ...(moments.standardError !== undefined && { standardError: moments.standardError }),
      };
    };
    const gain = (order: number, position: number, by: number): void => {
      const feature = orders(order)[position] as number;
      gains[feature] = (gains[feature] as number) + by;
      sample[feature] = (sample[feature] as number) + by / size;
    };
    const steps = mask.features - 1;
    let [before, done] = [baselineScore, 0];
    if (steps === 0) for (; done < n_samples; done++) gain(done, 0, ctx.score - baselineScore);
    await scoreMixtures(
      ctx,
      {
        count: n_samples * steps,
        mask,
        absent,
        weigh: (index, weights) => {
          weights.fill(0);
          const members = orders(Math.floor(index / steps)).subarray(0, (index % steps) + 1);
          for (const feature of members) weights[feature] = 1;
        },
      },
      (index, score) => {
        const [order, position] = [Math.floor(index / steps), index % steps];
        gain(order, position, score - before);
        before = score;
        if (position < steps - 1) return false;
        gain(order, steps, ctx.score - score);
        before = baselineScore;
        done = order + 1;
        if (done % size > 0) return false;
        moments.add({ gains: float32([mask.features], sample) });
        sample.fill(0);
        const enough = isPrecise(
          moments.standardError,
          sizeOfMap(gains.map((each) => each / done)).rootMeanSquare,
          precision,
        );
        if (!enough && done < n_samples) ctx.partial(() => answer(done));
        return enough;
      },
    );
    return answer(done);
  },
});

/** Rows of two orders may be under way at once when one batch ends in the middle. */
function remembered(make: (key: number) => Uint32Array): (key: number) => Uint32Array {
  const known = new Map<number, Uint32Array>();
  return (key) => {
    const found = known.get(key) ?? make(key);
    known.set(key, found);
    for (const old of known.keys()) if (old < key - 64) known.delete(old);
    return found;
  };
}
