/** ROAD, remove and debias (Rong et al. 2022): deletion that leaves no traces of itself. */

import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import { choice } from '../method/choice.ts';
import type { Inputs } from '../tensor/rows.ts';
import { rowsOf } from '../tensor/rows.ts';
import { areaUnder } from './curve.ts';
import { Features } from './features.ts';
import { imputation } from './imputation.ts';
import { type Answers, defineMetric } from './metric.ts';
import { ROWS_AT_ONCE } from './removal.ts';

export const road = defineMetric({
  id: 'road',
  about: {
    title: 'ROAD',
    summary:
      'How often the prediction (the class, or the box) stays when the most important pixels are replaced by what their neighbours suggest. Over many images its curve is the accuracy.',
    paper: {
      title: 'A consistent and efficient evaluation strategy for attribution methods',
      year: 2022,
      url: 'https://arxiv.org/abs/2202.00449',
    },
    better: 'lower',
  },
  params: z.object({
    percentages: z
      .array(z.number().gt(0).lt(100))
      .min(1)
      .max(99)
      .default([10, 20, 30, 40, 50, 60, 70, 80, 90])
      .describe('Shares of the pixels that are removed, in percent.'),
    noise: z
      .number()
      .min(0)
      .default(0.01)
      .describe('Standard deviation of the noise on what is filled in, in units of the input tensor.'),
    order: choice(
      ['morf', 'lerf'],
      'morf',
      'Most relevant first, where fewer survivals are better, or least relevant first, where more are.',
    ),
  }),
  cost: ({ percentages }) => ({ forwards: percentages.length + 1, backwards: 0 }),
  measure: async (ctx) => {
    const { inputs, info, row, params, random } = ctx;
    const features = new Features(info, row, inputs);
    const { grid } = features;
    const [name] = features.inputs;
    if (!grid || name === undefined) {
      throw new WhylightError('unprocessable_method', 'road fills in pixels, but the model sees no image.');
    }
    const ranked = params.order === 'morf' ? features.ranked() : features.ranked().reverse();
    const positions = positionsOf(features);
    const before = winnersOf(await ctx.answers(inputs))[0];
    const y: number[] = [];
    for (let first = 0; first < params.percentages.length; first += ROWS_AT_ONCE) {
      const portion = params.percentages.slice(first, first + ROWS_AT_ONCE);
      const rows = features.copies(inputs, portion.length);
      for (const [i, percentage] of portion.entries()) {
        const missing = ranked.slice(0, Math.round((percentage / 100) * features.count));
        fill(positions, rows, i, inputs, name, grid, missing, (count) =>
          random
            .at(first + i)
            .normal(count)
            .map((value) => value * params.noise),
        );
      }
      for (const winner of winnersOf(await ctx.answers(rows))) y.push(winner === before ? 1 : 0);
    }
    return { score: areaUnder(y), curve: { x: params.percentages.map((percentage) => percentage / 100), y } };
  },
});

function winnersOf({ winners }: Answers): Int32Array {
  if (winners) return winners;
  throw new WhylightError(
    'unprocessable_method',
    'road counts how often a class or a box stays, but the explained number is a value without classes.',
  );
}

/** For each channel, the position of each pixel among the elements of a row. */
function positionsOf(features: Features): Uint32Array[] {
  const positions = features.elements(0).map(() => new Uint32Array(features.count));
  for (let pixel = 0; pixel < features.count; pixel++) {
    features.eachElement(pixel, (_, at, c) => {
      (positions[c] as Uint32Array)[pixel] = at;
    });
  }
  return positions;
}

/** Imputes the missing pixels of one row, channel by channel. */
function fill(
  positions: readonly Uint32Array[],
  rows: Inputs,
  row: number,
  inputs: Inputs,
  name: string,
  grid: readonly [number, number],
  missing: Uint32Array,
  noise: (count: number) => Float32Array,
): void {
  const source = inputs[name]?.data as Float32Array;
  const target = rows[name]?.data as Float32Array;
  const offset = (row * target.length) / rowsOf(rows[name] as Inputs[string]);
  const disturbance = noise(positions.length * missing.length);
  const impute = imputation(grid, missing);
  const channel = new Float64Array(grid[0] * grid[1]);
  for (const [c, elements] of positions.entries()) {
    for (let pixel = 0; pixel < channel.length; pixel++) channel[pixel] = source[elements[pixel] as number] as number;
    const filled = impute(channel);
    for (let i = 0; i < missing.length; i++) {
      const at = offset + (elements[missing[i] as number] as number);
      target[at] = (filled[i] as number) + (disturbance[c * missing.length + i] as number);
    }
  }
}
