/** Answers of the model without some features: the runs that the metrics of faithfulness share. */

import * as z from 'zod';
import { choice } from '../method/choice.ts';
import { units } from '../method/units.ts';
import { type Baseline, baselineOf } from '../strategy/baseline.ts';
import type { Inputs } from '../tensor/rows.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';
import { Features } from './features.ts';
import type { Answers, MetricContext } from './metric.ts';

/** Parameter for the number that the model is asked for, with the default of Quantus. */
export const answerParameter = choice(
  ['probability', 'score'],
  'probability',
  "Answer of the model: the target's probability, or its score as explained.",
);

/** Parameter for the value of removed features, with the default of Quantus. */
export const removalBaseline = z
  .union([units, z.enum(['black', 'mean', 'blur'])])
  .default('black')
  .describe(
    'Value of removed features: a number in the units of the input tensor, the smallest element of the input (black), the mean of each channel, or the input blurred.',
  );

/** Parameter for what is removed and ranked. */
export const unitParameter = choice(
  ['element', 'pixel'],
  'element',
  'Unit that is ranked and removed: an element of the input where the method gives a value for each, or a pixel with all its channels.',
);

export interface RemovalParams {
  readonly answer: 'probability' | 'score';
  readonly baseline: z.output<typeof removalBaseline>;
}

/** Part of the context of a metric that a removal needs. */
export type RemovalContext = Pick<MetricContext<RemovalParams>, 'info' | 'inputs' | 'baselines' | 'params' | 'answers'>;

/** Number of rows that are made at once: a curve over a large image need not be in memory as a whole. */
export const ROWS_AT_ONCE = 16;

/** Returns the inputs with nothing in them. */
export const emptied = (ctx: AbsenceContext, baseline: RemovalParams['baseline']): Inputs =>
  absentOf(ctx, (row) => (baseline === 'black' ? smallest(row) : baseline));

type AbsenceContext = Pick<MetricContext<unknown>, 'info' | 'inputs' | 'baselines'>;

/**
 * Returns the inputs with nothing in them. Where a modality read the input, what it calls absent (a mask token, the median
 * row, silence) comes first.
 * @param baseline value of each input otherwise
 */
export function absentOf({ info, inputs, baselines }: AbsenceContext, baseline: (row: Tensor) => Baseline): Inputs {
  return Object.fromEntries(
    info.inputs.map((one) => {
      const row = inputs[one.name] as Tensor;
      const absent = baselineOf(row, one, baseline(row), info.features ? baselines : {});
      // Special tokens and padding are no features: they stay.
      const kept = info.features?.mask[one.name];
      return [one.name, kept ? mapped(absent, (value, i) => ((kept[i] as number) < 0 ? row.data[i] : value)) : absent];
    }),
  );
}

function mapped(from: Tensor, change: (value: Tensor['data'][number], element: number) => unknown): Tensor {
  const to = tensor(from.dtype, from.dims);
  for (let i = 0; i < to.data.length; i++) to.data[i] = change(from.data[i] as number, i) as never;
  return to;
}

/** Smallest value of an image; ids have no order, and are replaced by 0. */
const smallest = ({ dtype, data }: Tensor): number =>
  dtype === 'float32' ? (data as Float32Array).reduce((least, x) => Math.min(least, x)) : 0;

/** Returns the features of the explained row in this unit. */
export const featuresOf = (
  { info, row, inputs }: Pick<MetricContext<unknown>, 'info' | 'row' | 'inputs'>,
  unit: z.output<typeof unitParameter> = 'element',
): Features => new Features(info, row, inputs, unit);

/** Selects the kind of answer. */
export const chosen = ({ scores, probabilities }: Answers, answer: RemovalParams['answer']): Float64Array =>
  answer === 'score' ? scores : probabilities;

/**
 * Evaluates rows in which sets of features are exchanged.
 * @param sets features of each row
 * @param from inputs that the rows are copies of
 * @param to inputs that the features are taken from
 * @returns one answer for each set
 */
export async function answersWith(
  ctx: Pick<MetricContext<unknown>, 'answers'>,
  features: Features,
  { sets, from, to }: { readonly sets: readonly ArrayLike<number>[]; readonly from: Inputs; readonly to: Inputs },
  answer: RemovalParams['answer'],
): Promise<number[]> {
  const all: number[] = [];
  for (let first = 0; first < sets.length; first += ROWS_AT_ONCE) {
    const portion = sets.slice(first, first + ROWS_AT_ONCE);
    const rows = features.copies(from, portion.length);
    for (const [i, set] of portion.entries()) features.replace(rows, i, to, set);
    all.push(...chosen(await ctx.answers(rows), answer));
  }
  return all;
}

/** Evaluates the input without sets of features. @returns one answer for each set */
export const answersWithout = (
  ctx: RemovalContext,
  features: Features,
  sets: readonly ArrayLike<number>[],
): Promise<number[]> =>
  answersWith(ctx, features, { sets, from: ctx.inputs, to: emptied(ctx, ctx.params.baseline) }, ctx.params.answer);

/** Returns the answer to the input itself. */
export const ownAnswer = async (
  ctx: Pick<MetricContext<Pick<RemovalParams, 'answer'>>, 'inputs' | 'params' | 'answers'>,
): Promise<number> => chosen(await ctx.answers(ctx.inputs), ctx.params.answer)[0] as number;

/** Sum of the importance of a set of features. */
export function importanceOf({ importance }: Features, set: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < set.length; i++) sum += importance[set[i] as number] as number;
  return sum;
}
