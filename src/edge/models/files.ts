/** Where uploaded models lie. A port: R2 in a Worker. */
export interface ModelFiles {
  /** Writes what streams in, without ever holding all of it. */
  write(key: string, size: number, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  put(key: string, bytes: Uint8Array): Promise<void>;
  read(key: string): Promise<Uint8Array | undefined>;
  /** The same as a stream, without ever holding all of it. */
  stream(key: string): Promise<ReadableStream<Uint8Array> | undefined>;
  remove(keys: readonly string[]): Promise<void>;
  /** The next part of every key that begins with `prefix`, up to a slash. */
  below(prefix: string): Promise<readonly string[]>;
  readTagged(key: string): Promise<Tagged | undefined>;
  /**
   * Writes if nobody else has in the meantime.
   * @param tag of what was read; undefined when there was nothing
   * @returns whether it was written
   */
  writeTagged(key: string, text: string, tag: string | undefined): Promise<boolean>;
}

export interface Tagged {
  readonly text: string;
  readonly tag: string;
}
