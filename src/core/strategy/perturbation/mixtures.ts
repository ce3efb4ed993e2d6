/** Scores of mixtures of the input and what stands for absence, feature by feature. */
import type { ExplainContext } from '../../method/contract.ts';
import { absentName, weightsName } from '../../method/mixture.ts';
import type { TensorInfo } from '../../model/info.ts';
import type { Inputs } from '../../tensor/rows.ts';
import { copiesOf, sliceRows } from '../../tensor/rows.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Baseline, baselineOf } from '../baseline.ts';
import { inPortions, slotsOf } from '../inner-method/progress.ts';
import { hasGaps, mixOf, weightRows } from './mix.ts';
import type { FeatureMask } from './modality-mask.ts';
import { type Elements, elementsOf, scorePerturbed } from './perturb.ts';

/** So many of the last mixtures keep their weights. */
export const MIXTURES_KEPT = 5;

/** Mixtures of the input with absent values: their number, the features, and the weights of each. */
export interface Mixtures {
  readonly count: number;
  readonly mask: FeatureMask;
  /** Value of a feature at weight 0; for one mixture, or for all. */
  readonly absent: Inputs | ((index: number) => Inputs);
  /** Sets how much of each feature is there in mixture `index`, 0 to 1. The weights are 1 before. */
  readonly weigh: (index: number, weights: Float32Array) => void;
}

/**
 * Tells `fold` the target's score of each mixture, in order, with the weights it had, until it answers `true`. Weights are
 * left alone for {@link MIXTURES_KEPT} mixtures, so that several can be folded in one pass over the positions. An element is
 * `w x + (1 - w) absent`; an integer, which cannot be mixed, is `x` where w is at least one half.
 *
 * @example
 * import { absentInputs, scoreMixtures } from 'whylight/plugin';
 * // needs: () => ({ mixtures: true }); ids gives the segment of each element of the image, 0 to 15
 * const mixtures = { count: 16, mask: { features: 16, ids: { image: ids } }, absent: absentInputs(ctx), weigh: drop };
 * await scoreMixtures(ctx, mixtures, (segment, score) => void (drops[segment] = ctx.score - score));
 */
export async function scoreMixtures<P>(
  ctx: ExplainContext<P>,
  { count, mask, absent, weigh }: Mixtures,
  fold: (index: number, score: number, weights: Float32Array) => unknown,
): Promise<void> {
  const names = ctx.model.inputs.map(({ name }) => name);
  // The weights of a whole portion are held until its scores are there, and the last ones for a while.
  const held = Array.from({ length: Math.min(count, slotsOf(ctx) * ctx.batchSize + MIXTURES_KEPT - 1) }, () => {
    // The last weight is that of elements of no feature, which are always there.
    const all = new Float32Array(mask.features + 1).fill(1);
    return { all, own: all.subarray(0, mask.features) };
  });
  const heldFor = (index: number) => held[index % held.length] as (typeof held)[number];
  const weightsOfMixture = (index: number): Float32Array => {
    const { all, own } = heldFor(index);
    weigh(index, own.fill(1));
    return all;
  };
  const told = (index: number, score: number): unknown => fold(index, score, heldFor(index).own);
  if (ctx.mixes && typeof absent !== 'function' && !names.some((name) => hasGaps(elementsOf(ctx.inputs, name)))) {
    return scoreInGraph(ctx, count, mask, absent, weightsOfMixture, told);
  }
  const mixes = ctx.model.inputs.map((input) => ({
    name: input.name,
    mix: mixOf(input, mask, ctx.inputs, typeof absent === 'function' ? undefined : absent),
  }));
  await scorePerturbed(
    ctx,
    count,
    names,
    (index, copy) => {
      const weights = weightsOfMixture(index);
      const other = typeof absent === 'function' ? absent(index) : absent;
      for (const { name, mix } of mixes) mix(copy[name] as Elements, elementsOf(other, name), weights);
    },
    told,
    // A mixture writes every element.
    () => {},
  );
}

/** The same where the graph mixes: only the weights of each mixture are written. Integers are mixed here. */
async function scoreInGraph<P>(
  ctx: ExplainContext<P>,
  count: number,
  mask: FeatureMask,
  absent: Inputs,
  weightsOf: (index: number) => Float32Array,
  told: (index: number, score: number) => unknown,
): Promise<void> {
  const most = Math.min(count, ctx.batchSize);
  const bufferSets = Array.from({ length: slotsOf(ctx) }, () =>
    ctx.model.inputs.map((input) => roomFor(ctx.inputs, input, mask, absent, most)),
  );
  const fixed = Object.fromEntries(
    ctx.model.inputs.map(({ name }) => [absentName(name), asOneNumber(absent[name] as Tensor)]),
  );
  await inPortions(
    ctx,
    count,
    ({ first, count: rows, slot }) => {
      const buffers = bufferSets[slot] as (typeof bufferSets)[number];
      for (let i = 0; i < rows; i++) {
        const weights = weightsOf(first + i);
        for (const { write } of buffers) write(i, weights);
      }
      const written = Object.fromEntries(buffers.map(({ name, all }) => [name, sliceRows(all, 0, rows)]));
      return { ...ctx.inputs, ...fixed, ...written };
    },
    ({ scores }, { first }) => scores.some((score, i) => told(first + i, score) === true),
  );
}

/** A value that is the same everywhere as one number, which engines spread at no cost: a row of them takes a pass over all rows. */
function asOneNumber(row: Tensor): Tensor {
  const { dtype, dims, data } = row;
  for (let i = 1; i < data.length; i++) if (data[i] !== data[0]) return row;
  return { dtype, dims: dims.map(() => 1), data: data.slice(0, 1) };
}

interface Buffers {
  /** Under which name the rows are fed. */
  readonly name: string;
  readonly all: Tensor;
  readonly write: (row: number, weights: Float32Array) => void;
}

function roomFor(inputs: Inputs, input: TensorInfo, mask: FeatureMask, absent: Inputs, count: number): Buffers {
  const own = inputs[input.name] as Tensor;
  if (own.data instanceof Float32Array) {
    const { rows, write } = weightRows(input, mask, count);
    return { name: weightsName(input.name), all: rows, write };
  }
  const all = copiesOf(own, count);
  const mix = mixOf(input, mask, inputs);
  const gone = elementsOf(absent, input.name);
  return {
    name: input.name,
    all,
    write: (row, weights) => mix(sliceRows(all, row, row + 1).data, gone, weights),
  };
}

/**
 * Returns the baseline of each input by name, as the parameter `baseline` describes it or the request states it.
 *
 * @example
 * import { absentInputs, baselineParameter } from 'whylight/plugin';
 * const absent = absentInputs(ctx); // params has baseline: baselineParameter
 */
export function absentInputs<P extends { readonly baseline: Baseline }>(
  ctx: Pick<ExplainContext<P>, 'model' | 'inputs' | 'baselines' | 'params'>,
): Inputs {
  return Object.fromEntries(
    ctx.model.inputs.map((input) => [
      input.name,
      baselineOf(ctx.inputs[input.name] as Tensor, input, ctx.params.baseline, ctx.baselines),
    ]),
  );
}

/** The target's score with every feature absent: one row. */
export async function absentScore<P>(ctx: ExplainContext<P>, absent: Inputs): Promise<number> {
  const { scores } = await ctx.evaluate(absent);
  return scores[0] as number;
}

/** By how much the score drops when each feature by itself is absent. */
export async function scoreDrops<P>(ctx: ExplainContext<P>, mask: FeatureMask, absent: Inputs): Promise<Float64Array> {
  const drops = new Float64Array(mask.features);
  await scoreMixtures(
    ctx,
    {
      count: mask.features,
      mask,
      absent,
      weigh: (feature, weights) => {
        weights[feature] = 0;
      },
    },
    (feature, score) => {
      drops[feature] = ctx.score - score;
    },
  );
  return drops;
}
