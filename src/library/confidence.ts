/** Words for a prediction that the model is not sure of. */
import { SURE } from '../core/model/confidence.ts';
import type { Outcome } from './outcome.ts';

/**
 * A sentence where the best class of a classifier has a low probability; undefined otherwise, and for other tasks.
 *
 * @example
 * doubtOf(outcome); // 'Not sure: the best guess has 14 %.'
 */
export function doubtOf({ explanation: { reading }, row: { top } }: Outcome): string | undefined {
  const probability = top[0]?.probability;
  if (reading?.task !== 'classification' || probability === undefined || !(probability < SURE)) return undefined;
  return `Not sure: the best guess has ${Math.round(100 * probability)} %.`;
}
