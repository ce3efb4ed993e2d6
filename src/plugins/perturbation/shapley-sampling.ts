import * as z from 'zod';
import type { Attribution } from '../../core/method/contract.ts';
import { doi } from '../../core/method/papers.ts';
import { Moments } from '../../core/strategy/moments.ts';
import { defineFeatureMethod, MODEL_ROWS } from '../../core/strategy/perturbation/define-features.ts';
import { isPrecise, precisionParameter, sizeOfMap } from '../../core/strategy/precision.ts';
import { UNCERTAINTY_RETURNED, uncertaintyParameter } from '../../core/strategy/uncertainty.ts';
import { sumOf } from '../../core/tensor/sum.ts';
import { float32 } from '../../core/tensor/tensor.ts';

/** The mean gain of each feature over random orders in which features are added, one after another, to the baseline. */
export default defineFeatureMethod({
  id: 'shapley_sampling',
  revision: 2,
  about: {
    title: 'Shapley Value Sampling',
    summary: 'Shapley values estimated from random orders of the features. Every order adds up exactly.',
    paper: doi('10.1016/j.cor.2008.04.004', 2009, 'Polynomial calculation of the Shapley value based on sampling'),
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
    axioms: ['dummy', 'linearity', 'sensitivity'],
  },
  presets: { captum: { n_samples: 25, antithetic: false, feature_mask: 'none', baseline: 0 } },
  returns: { uncertainty: UNCERTAINTY_RETURNED },
  params: {
    n_samples: z.int().min(1).max(10_000).default(10).describe('Random orders of the features.'),
    antithetic: z
      .boolean()
      .default(true)
      .describe('Every second order is the one before it, reversed: less noise for the same cost.'),
    precision: precisionParameter(),
    uncertainty: uncertaintyParameter,
  },
  background: MODEL_ROWS,
  mask: { mask: 'superpixels', grid: 5, segments: 25 },
  // Empty and full are the ends of every order.
  cost: (features, { n_samples }) => 1 + n_samples * (features - 1),
  explain: async (ctx, run) => {
    const { features } = run;
    const { n_samples, antithetic, precision } = ctx.params;
    const baselineScore = await run.absentScore();
    const orders = remembered((order) => {
      const stream = antithetic ? order >> 1 : order;
      const forward = ctx.random.at(stream).permutation(features);
      return antithetic && order % 2 === 1 ? forward.reverse() : forward;
    });
    const gains = new Float64Array(features);
    // An order and its reverse are one sample: only pairs are independent.
    const sample = new Float64Array(features);
    const [size, moments] = [antithetic ? 2 : 1, new Moments()];
    const answer = (done: number): Attribution => {
      const values = gains.map((gain) => gain / done);
      return {
        ...run.source,
        values: run.spread(values),
        baselineScore,
        convergenceDelta: sumOf(values) - (ctx.score - baselineScore),
        ...(moments.standardError !== undefined && { standardError: moments.standardError }),
        ...(ctx.params.uncertainty && run.uncertainty(moments.standardErrors?.gains?.data)),
      };
    };
    const gain = (order: number, position: number, by: number): void => {
      const feature = orders(order)[position] as number;
      gains[feature] = (gains[feature] as number) + by;
      sample[feature] = (sample[feature] as number) + by / size;
    };
    const steps = features - 1;
    let [before, done] = [baselineScore, 0];
    if (steps === 0) for (; done < n_samples; done++) gain(done, 0, ctx.score - baselineScore);
    await run.score(
      n_samples * steps,
      (index, weights) => {
        weights.fill(0);
        const members = orders(Math.floor(index / steps)).subarray(0, (index % steps) + 1);
        for (const feature of members) weights[feature] = 1;
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
        moments.add({ gains: float32([features], sample) });
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
