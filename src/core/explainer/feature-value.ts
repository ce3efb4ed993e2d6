/** Values of features in an answer. */

/** Value of a feature. */
export interface FeatureValue {
  /** As a sentence would call it: `excellent`, `petal width = 1.8`, `3.2 to 3.6 s`. */
  readonly name: string;
  readonly value: number;
  /** Upper bound on the standard error of the value, where the method returned an uncertainty. */
  readonly standardError?: number;
  /** Start of the piece: UTF-16 units of a text, seconds of a signal. */
  readonly start?: number;
  /** End of the piece, exclusive. */
  readonly end?: number;
}
