import * as z from 'zod';
import type { ExplainContext } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import {
  featureCount,
  featureMask,
  featureMaskParameters,
  positionsOf,
  spreadFeatures,
} from '../../core/strategy/perturbation/feature-mask.ts';
import { scoreMixtures } from '../../core/strategy/perturbation/mixtures.ts';
import { absoluteParameter, finishValues, reductionParameter } from '../../core/strategy/reduction.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import { sliceRows } from '../../core/tensor/rows.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';

/** By how much the score drops when a feature has the values of somewhere else. */
export default defineMethod({
  apiVersion: 1,
  id: 'feature_permutation',
  strategy: 'perturbation',
  revision: 1,
  about: {
    title: 'Feature Permutation',
    summary:
      'How much the score drops when a feature gets the values of another example of the request; with one example, values from elsewhere in it.',
    paper: { title: 'Random Forests', year: 2001, url: 'https://doi.org/10.1023/A:1010933404324' },
    modalities: ['image', 'vector', 'series', 'tokens'],
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
    axioms: ['dummy', 'linearity'],
  },
  presets: { captum: { feature_mask: 'none' } },
  params: z.object({
    n_repeats: z.int().min(1).max(1000).default(1).describe('Permutations of each feature, whose drops are averaged.'),
    ...featureMaskParameters({ mask: 'grid', grid: 7, segments: 49 }),
    absolute: absoluteParameter(false),
    reduction: reductionParameter,
  }),
  needs: () => ({}),
  cost: (params, model) => ({ forwards: params.n_repeats * featureCount(model, params), backwards: 0 }),
  explain: async (ctx) => {
    const { n_repeats } = ctx.params;
    const mask = featureMask(ctx.model, ctx.params, ctx.inputs);
    const drops = new Float64Array(mask.features);
    const permutedOnce = lastOnly((repeat) => permuted(ctx, repeat));
    await scoreMixtures(
      ctx,
      {
        count: n_repeats * mask.features,
        mask,
        absent: (index) => permutedOnce(Math.floor(index / mask.features)),
        weigh: (index, weights) => {
          weights[index % mask.features] = 0;
        },
      },
      (index, score) => {
        const feature = index % mask.features;
        drops[feature] = (drops[feature] as number) + (ctx.score - score) / n_repeats;
      },
    );
    return { values: finishValues(spreadFeatures(mask, drops, ctx.model), ctx.params, ctx.model) };
  },
});

/** Every feature of a repeat takes its values from the same permutation: it is made once. */
function lastOnly<T>(make: (key: number) => T): (key: number) => T {
  let last: { readonly key: number; readonly value: T } | undefined;
  return (key) => {
    if (last?.key !== key) last = { key, value: make(key) };
    return last.value;
  };
}

/** The row that permutation `index` puts in this one's position; a lone row's own positions, permuted. */
function permuted<P>({ batch, inputs, model, random }: ExplainContext<P>, index: number): Inputs {
  const stream = random.at(index);
  const donor = stream.permutation(batch.rows)[batch.index] as number;
  return Object.fromEntries(
    model.inputs.map((input) => {
      const all = batch.inputs[input.name] as Tensor;
      if (batch.rows > 1) return [input.name, all.dims[0] === 1 ? all : sliceRows(all, donor, donor + 1)];
      const row = inputs[input.name] as Tensor;
      const { count, ids } = positionsOf(input);
      const from = stream.permutation(count);
      const elements = elementsOf(ids, count);
      const data = row.data.slice();
      for (let position = 0; position < count; position++) {
        const [to, source] = [elements(position), elements(from[position] as number)];
        for (const [channel, at] of to.entries()) data[at] = row.data[source[channel] as number] as never;
      }
      return [input.name, { ...row, data }];
    }),
  );
}

/** The elements of a position, channel by channel. */
function elementsOf(ids: Uint32Array, count: number): (position: number) => Uint32Array {
  const channels = ids.length / count;
  const lists = new Uint32Array(ids.length);
  const filled = new Uint32Array(count);
  for (const [element, position] of ids.entries()) {
    lists[position * channels + (filled[position] as number)] = element;
    filled[position] = (filled[position] as number) + 1;
  }
  return (position) => lists.subarray(position * channels, (position + 1) * channels);
}
