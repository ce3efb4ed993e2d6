/** Explains one input of a batch, wherever the work is done. */
import type { Settings } from '../../report/journal.ts';
import type { BatchInput } from './inputs.ts';
import type { DoneRecord } from './record.ts';

export interface BatchRunner {
  /** Facts that results of one file must agree in. */
  readonly settings: Settings;
  /** Noun for one input. */
  readonly noun: string;
  /** Inputs at a time that suit the runner. */
  readonly concurrency: number;
  /** USD that one input takes on list prices; undefined where nothing is billed. */
  price?(input: BatchInput): Promise<number>;
  /**
   * Explains an input.
   * @param digest stamp of the input
   * @throws WhylightError of the input or of the deployment
   */
  explain(input: BatchInput, digest: string): Promise<DoneRecord>;
}
