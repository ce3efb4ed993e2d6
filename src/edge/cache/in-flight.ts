/** Computations in progress in this isolate, so that equal requests share one. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';

export class InFlight<T> {
  private readonly running = new Map<string, Promise<T>>();

  get(key: string): Promise<T> | undefined {
    return this.running.get(key);
  }

  /**
   * Starts a computation.
   * @param store stores the result; until it is stored, `get` returns it
   * @param waitUntil `waitUntil` of the request that computes. Others wait for it, also when that request ends early, and
   * a promise of a request that has ended never settles in a Worker
   */
  start(key: string, work: () => Promise<T>, store: (result: T) => Promise<unknown>, waitUntil: WaitUntil): Promise<T> {
    const result = work();
    this.running.set(key, result);
    const done = () => {
      if (this.running.get(key) === result) this.running.delete(key);
    };
    waitUntil(result.then(store).then(done, done));
    return result;
  }
}
