/** Values that one side pushes and the other awaits, in order. */
export class Steps<T> implements AsyncIterable<T> {
  private readonly waiting: T[] = [];
  private ended = false;
  private failure: { readonly error: unknown } | undefined;
  private wake = (): void => {};

  push(value: T): void {
    this.waiting.push(value);
    this.wake();
  }

  /** Ends the sequence. @param error is thrown behind the last value */
  end(error?: unknown): void {
    this.ended = true;
    if (error !== undefined) this.failure = { error };
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    while (true) {
      const value = this.waiting.shift();
      if (value !== undefined) yield value;
      else if (this.ended) break;
      else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
    if (this.failure) throw this.failure.error;
  }
}
