/** Scores of mixtures of the input and what stands for absence, feature by feature. */
import type { ExplainContext, Inputs } from '../../method/contract.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Baseline, baselineOf } from '../baseline.ts';
import { slotsOf } from '../portions.ts';
import type { FeatureMask } from './feature-mask.ts';
import { mixOf } from './mix.ts';
import { type Elements, elementsOf, scorePerturbed } from './perturb.ts';

/** So many of the last mixtures keep their weights. */
export const MIXTURES_KEPT = 5;

export interface Mixtures {
  readonly count: number;
  readonly mask: FeatureMask;
  /** What a feature becomes as its weight falls to 0; of one mixture, or of all. */
  readonly absent: Inputs | ((index: number) => Inputs);
  /** Sets how much of each feature is there in mixture `index`, 0 to 1. The weights are 1 before. */
  readonly weigh: (index: number, weights: Float32Array) => void;
}

/**
 * Tells `fold` the target's score of each mixture, in order, with the weights it had, until it answers `true`. Weights are
 * left alone for {@link MIXTURES_KEPT} mixtures, so that several can be folded in one pass over the places. An element is
 * `w x + (1 - w) absent`; an integer, which cannot be mixed, is `x` where w is at least one half.
 */
export async function scoreMixtures<P>(
  ctx: ExplainContext<P>,
  { count, mask, absent, weigh }: Mixtures,
  fold: (index: number, score: number, weights: Float32Array) => unknown,
): Promise<void> {
  const names = ctx.model.inputs.map(({ name }) => name);
  // The weights of a whole portion are held until its scores are there, and the last ones for a while.
  const held = Array.from(
    { length: Math.min(count, slotsOf(ctx) * ctx.batchSize + MIXTURES_KEPT - 1) },
    () => new Float32Array(mask.features),
  );
  const weightsOf = (index: number): Float32Array => held[index % held.length] as Float32Array;
  const mixes = ctx.model.inputs.map((input) => ({
    name: input.name,
    mix: mixOf(input, mask, ctx.inputs, typeof absent === 'function' ? undefined : absent),
  }));
  await scorePerturbed(
    ctx,
    count,
    names,
    (index, copy) => {
      const weights = weightsOf(index).fill(1);
      weigh(index, weights);
      const other = typeof absent === 'function' ? absent(index) : absent;
      for (const { name, mix } of mixes) mix(copy[name] as Elements, elementsOf(other, name), weights);
    },
    (index, score) => fold(index, score, weightsOf(index)),
    // A mixture writes every element.
    () => {},
  );
}

/** What stands for absence in each input. */
export function absentInputs<P extends { readonly baseline: Baseline }>(ctx: ExplainContext<P>): Inputs {
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
