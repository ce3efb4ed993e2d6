/** Scores of mixtures of the input and what stands for absence, feature by feature. */
import type { ExplainContext, Inputs } from '../../method/contract.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Baseline, baselineOf } from '../baseline.ts';
import type { FeatureMask } from './feature-mask.ts';
import { type Elements, scorePerturbed } from './perturb.ts';

export interface Mixtures {
  readonly count: number;
  readonly mask: FeatureMask;
  /** What a feature becomes as its weight falls to 0; of one mixture, or of all. */
  readonly absent: Inputs | ((index: number) => Inputs);
  /** Sets how much of each feature is there in mixture `index`, 0 to 1. The weights are 1 before. */
  readonly weigh: (index: number, weights: Float32Array) => void;
}

/**
 * Tells `fold` the target's score of each mixture, in order, with the weights it had, until it answers `true`. An element is
 * `w x + (1 - w) absent`; an integer, which cannot be mixed, is `x` where w is at least one half.
 */
export async function scoreMixtures<P>(
  ctx: ExplainContext<P>,
  { count, mask, absent, weigh }: Mixtures,
  fold: (index: number, score: number, weights: Float32Array) => unknown,
): Promise<void> {
  const names = ctx.model.inputs.map(({ name }) => name);
  // The weights of a whole portion are held until its scores are there.
  const held = Array.from({ length: Math.min(count, ctx.batchSize) }, () => new Float32Array(mask.features));
  const weightsOf = (index: number): Float32Array => held[index % held.length] as Float32Array;
  await scorePerturbed(
    ctx,
    count,
    names,
    (index, copy) => {
      const weights = weightsOf(index).fill(1);
      weigh(index, weights);
      const other = typeof absent === 'function' ? absent(index) : absent;
      for (const name of names) {
        mix(copy[name] as Elements, (other[name] as Tensor).data, mask.ids[name] as Uint32Array, weights);
      }
    },
    (index, score) => fold(index, score, weightsOf(index)),
  );
}

function mix(elements: Elements, other: Elements, ids: Uint32Array, weights: Float32Array): void {
  if (elements instanceof Float32Array) mixFloats(elements, other as Float32Array, ids, weights);
  else
    for (let i = 0; i < ids.length; i++)
      if ((weights[ids[i] as number] as number) < 0.5) elements[i] = other[i] as never;
}

/** By itself, so that it is compiled for floats alone: most of the time outside the engine is spent here. */
function mixFloats(elements: Float32Array, other: Float32Array, ids: Uint32Array, weights: Float32Array): void {
  for (let i = 0; i < ids.length; i++) {
    const weight = weights[ids[i] as number] as number;
    if (weight === 1) continue;
    const absent = other[i] as number;
    elements[i] = weight === 0 ? absent : absent + weight * ((elements[i] as number) - absent);
  }
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
