import * as z from 'zod';
import type { ExplainContext } from '../../core/method/contract.ts';
import { doi } from '../../core/method/papers.ts';
import { defineFeatureMethod } from '../../core/strategy/perturbation/define-features.ts';
import { positionsOf } from '../../core/strategy/perturbation/positions.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import { sliceRows } from '../../core/tensor/rows.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';

/** By how much the score drops when a feature has the values of somewhere else. */
export default defineFeatureMethod({
  id: 'feature_permutation',
  revision: 1,
  about: {
    title: 'Feature Permutation',
    summary:
      'How much the score drops when a feature gets the values of another example of the request; with one example, values from elsewhere in it.',
    paper: doi('10.1023/A:1010933404324', 2001, 'Random Forests'),
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
    axioms: ['dummy', 'linearity'],
  },
  presets: { captum: { feature_mask: 'none' } },
  params: {
    n_repeats: z.int().min(1).max(1000).default(1).describe('Permutations of each feature, whose drops are averaged.'),
  },
  mask: { mask: 'grid', grid: 7, segments: 49 },
  baseline: false,
  cost: (features, { n_repeats }) => n_repeats * features,
  explain: async (ctx, run) => {
    const { features } = run;
    const { n_repeats } = ctx.params;
    const drops = new Float64Array(features);
    const permutedOnce = lastOnly((repeat) => permuted(ctx, repeat));
    await run.score(
      n_repeats * features,
      (index, weights) => {
        weights[index % features] = 0;
      },
      (index, score) => {
        const feature = index % features;
        drops[feature] = (drops[feature] as number) + (ctx.score - score) / n_repeats;
      },
      (index) => permutedOnce(Math.floor(index / features)),
    );
    return { values: run.spread(drops) };
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
