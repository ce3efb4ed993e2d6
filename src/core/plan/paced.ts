/** Pauses between batches, by the time that has passed and not by the number of batches. */

/** Milliseconds of work between two pauses, where a single batch does not take longer. */
const SLICE = 25;

/**
 * Makes a function to call before each batch, which pauses once for every {@link SLICE} milliseconds of work: a pause of a
 * Worker costs 50 µs of processor time and waits a millisecond, more than a batch of a small model takes. The first batch
 * runs at once.
 *
 * The clock of an isolate stands still while code runs, and advances in a pause. So each pause divides the time since the
 * one before by the batches, and lets as many run as fit into the next slice, at most twice as many: batches may differ in
 * size. Where the clock does not advance at all, every call pauses.
 * @param pause yields to other work
 * @param clock milliseconds, from any origin
 */
export function paced(pause: () => Promise<void> | undefined, clock: () => number): () => Promise<void> | undefined {
  let [last, done, allowed] = [clock(), 0, 1];
  const pauseNow = async (): Promise<void> => {
    await pause();
    const now = clock();
    const each = done > 0 ? (now - last) / done : 0;
    allowed = each > 0 ? Math.max(1, Math.min(Math.floor(SLICE / each), 2 * done)) : 1;
    [last, done] = [now, 1];
  };
  return () => {
    if (done >= allowed || clock() - last >= SLICE) return pauseNow();
    done += 1;
    return undefined;
  };
}
