/** What is being computed right now in this isolate, so that nobody computes it a second time. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';

export class InFlight<T> {
  private readonly running = new Map<string, Promise<T>>();

  get(key: string): Promise<T> | undefined {
    return this.running.get(key);
  }

  /**
   * @param waitUntil of the request that does the work: others wait for it, also when that request ends early, and a
   * promise of a request that has ended never settles in a Worker
   * @param keep what happens to the result; until that is done, the result can be had here
   */
  start(key: string, work: () => Promise<T>, keep: (result: T) => Promise<unknown>, waitUntil: WaitUntil): Promise<T> {
    const result = work();
    this.running.set(key, result);
    const done = () => {
      if (this.running.get(key) === result) this.running.delete(key);
    };
    waitUntil(result.then(keep).then(done, done));
    return result;
  }
}
