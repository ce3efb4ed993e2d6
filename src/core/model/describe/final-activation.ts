/** Function at the end of a graph that turns scores into probabilities. */
import type { Activation } from '../description.ts';

export interface FinalActivation {
  readonly activation: Activation;
  /** Tensor in front of the activation; the output itself where there is none, or where no such tensor exists. */
  readonly logits: string;
  /** Axis of the output along which the probabilities add up to 1, counted from the front or (negative) the back. */
  readonly axis?: number;
  /** Permutations between logits and output: axis i of the output is axis `order[i]` of the logits. */
  readonly order?: readonly number[];
}

/** An activation as its nodes spell it; without logits where no tensor holds them. */
export type FoundActivation = Omit<FinalActivation, 'logits'> & Partial<Pick<FinalActivation, 'logits'>>;
