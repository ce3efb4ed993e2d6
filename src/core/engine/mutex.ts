/**
 * One at a time: onnxruntime-web keeps its stack pointer and the files it mounts in one place, and a call that begins
 * between two awaits of another destroys them.
 *
 * A waiting call looks for itself whether it may go, rather than being handed the turn: in a Worker it may belong to a
 * request that has ended, which would never pass it on.
 */
export class Turns {
  private busy: Promise<void> | undefined;

  async take<T>(work: () => Promise<T>): Promise<T> {
    while (this.busy) await this.busy;
    let over = (): void => undefined;
    this.busy = new Promise((resolve) => {
      over = resolve;
    });
    try {
      return await work();
    } finally {
      this.busy = undefined;
      over();
    }
  }
}
