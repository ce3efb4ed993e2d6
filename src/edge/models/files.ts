/** Store of uploaded models; R2 in a Worker. */
export interface ModelFiles {
  /** Writes a stream without holding all of it in memory. @returns its SHA-256 in hex */
  write(key: string, size: number, chunks: AsyncIterable<Uint8Array>): Promise<string>;
  /**
   * Copies a file without holding all of it in memory.
   * @param sha256 digest in hex that the copy must have
   * @throws WhylightError `model_damaged` for a file that is gone or changed
   */
  copy(from: string, to: string, sha256: string): Promise<void>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** @throws WhylightError `model_damaged` for an object that is shorter than the store says */
  read(key: string): Promise<Uint8Array | undefined>;
  /** Reads a file as a stream. */
  stream(key: string): Promise<ReadableStream<Uint8Array> | undefined>;
  remove(keys: readonly string[]): Promise<void>;
  /** Removes every file whose key begins with `prefix`. */
  removeBelow(prefix: string): Promise<void>;
  /** Lists the path segments that follow `prefix`, like the entries of a folder. */
  below(prefix: string): Promise<readonly string[]>;
  readTagged(key: string): Promise<Tagged | undefined>;
  /**
   * Writes if the file has not changed since it was read.
   * @param tag tag of the text that was read; undefined when there was none
   * @returns true if it was written
   */
  writeTagged(key: string, text: string, tag: string | undefined): Promise<boolean>;
}

export interface Tagged {
  readonly text: string;
  readonly tag: string;
}
