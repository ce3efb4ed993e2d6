/** Scores of an explained row, and the word for what it explains. */
import type { Target } from '../model/target-request.ts';
import type { Quantity } from './diagnostics.ts';
import type { Plan } from './plan.ts';

/** Scores of an explained row. */
export interface RowOutcome {
  readonly target: Target;
  /** Every element of the row's scores. */
  readonly scores: Float32Array;
  /** True if `score` is a value that the method gives: of a neuron, or of the trees before they give a probability. */
  readonly ofNeuron: boolean;
  readonly score: number;
  readonly baselineScore?: number;
  readonly convergenceDelta?: number;
}

/**
 * Word for the number that a row explains. Trees have a score of their own, too: the sum before it becomes a
 * probability. It is still the target's.
 */
export const quantityOf = ({ ofNeuron }: Pick<RowOutcome, 'ofNeuron'>, params: Plan['params']): Quantity =>
  ofNeuron && 'neuron' in params ? 'value' : 'score';
