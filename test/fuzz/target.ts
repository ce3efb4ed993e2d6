/** Contract of fuzz targets. */
import type { Draw } from './draw.ts';

/** A reader of bytes from outside, and inputs to begin with. */
export interface FuzzTarget {
  readonly id: string;
  /** Inputs that are accepted as they stand. */
  readonly seeds: readonly Uint8Array[];
  /** Changes an input. */
  mutate(seed: Uint8Array, draw: Draw): Uint8Array;
  /**
   * Reads the input, as far as a request would.
   * @returns name of the outcome, for the count
   * @throws WhylightError for an input that is refused; everything else is a fault
   */
  run(input: Uint8Array): Promise<string>;
}

/** Fault that a target found in an outcome: an answer that must not be. */
export class FuzzFault extends Error {
  override readonly name = 'FuzzFault';
}
