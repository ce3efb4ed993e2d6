/** Words for a prediction that the model is not sure of. */
import { doubtAbout } from '../core/model/confidence.ts';
import type { Outcome } from './outcome.ts';

/**
 * A sentence where the best class of a classifier has a low probability; undefined otherwise, and for other tasks.
 *
 * @example
 * doubtOf(outcome); // 'Not sure: the best guess has 14.2 %.'
 */
export const doubtOf = ({ explanation: { reading }, row: { top } }: Outcome): string | undefined =>
  reading?.task === 'classification' ? doubtAbout(top[0]?.probability) : undefined;
