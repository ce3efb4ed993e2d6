/** An array as `cases.json` writes it. */
export interface ArrayText {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
