/** Files beside a model, read when asked for: tokenizer.json, a list of columns, background rows. */
export interface ModelFiles {
  /** @returns undefined when there is no such file */
  read(path: string): Promise<Uint8Array | undefined>;
}
