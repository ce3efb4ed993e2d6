/** Work that is stopped when its time is up. */
import { WhylightError } from '../../core/errors.ts';

/** Timers cannot wait longer. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Runs `work` with a signal that also ends after `ms`. It is looked at between batches, so that a batch that has begun
 * is finished first.
 * @param ms as long as it takes, when left out
 * @throws WhylightError `deadline_exceeded`
 */
export async function withDeadline<T>(
  signal: AbortSignal,
  ms: number | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (ms === undefined || ms > LONGEST_TIMER) return work(signal);
  const timer = new AbortController();
  const id = setTimeout(() => timer.abort(exceeded(ms)), ms);
  try {
    return await work(AbortSignal.any([signal, timer.signal]));
  } finally {
    clearTimeout(id);
  }
}

const exceeded = (ms: number): WhylightError =>
  new WhylightError(
    'deadline_exceeded',
    `The explanation takes longer than the ${ms} ms that are allowed here: lower its number of samples or steps.`,
    { allowed_ms: ms },
  );
