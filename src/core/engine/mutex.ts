/**
 * Mutual exclusion for calls of onnxruntime-web, which keeps its stack pointer and the files it mounts in one place: a
 * call that begins between two awaits of another corrupts them.
 *
 * A waiting call checks by itself whether the mutex is free. Handing the mutex over would not work in a Worker, where the
 * next caller may belong to a request that has ended and would never release it.
 */
export class Mutex {
  private busy: Promise<void> | undefined;

  /** Runs `work` when no other work runs. */
  async run<T>(work: () => Promise<T>): Promise<T> {
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
