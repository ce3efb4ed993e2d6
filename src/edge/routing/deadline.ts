/** Work with a deadline. */
import { WhylightError } from '../../core/errors.ts';

/** Upper bound on the delay of a timer, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs `work` with a signal that is also aborted after `ms`. The signal is checked between batches, so that a batch that
 * has begun is finished first.
 * @param ms milliseconds; no deadline when left out
 * @throws WhylightError `deadline_exceeded`
 */
export async function withDeadline<T>(
  signal: AbortSignal,
  ms: number | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (ms === undefined || ms > MAX_TIMER_MS) return work(signal);
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
