/** Work with a deadline. */
import { WhylightError } from '../../core/errors.ts';

/** Upper bound on the delay of a timer, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs `work` with a signal that is also aborted after `ms`. The signal is checked between batches, and timers go off in
 * the pauses there, so that batches that have begun, or fit into about 25 ms together, are finished first. Work that blocked the thread is refused when it is done.
 * @param ms milliseconds; no deadline when left out
 * @param spent milliseconds that the request has taken of them already
 * @throws WhylightError `deadline_exceeded`
 */
export async function withDeadline<T>(
  signal: AbortSignal,
  ms: number | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  spent = 0,
): Promise<T> {
  if (ms === undefined || ms > MAX_TIMER_MS) return work(signal);
  if (spent > ms) throw exceeded(ms);
  const end = performance.now() + ms - spent;
  const timer = new AbortController();
  const id = setTimeout(() => timer.abort(exceeded(ms)), ms - spent);
  try {
    const result = await work(AbortSignal.any([signal, timer.signal]));
    if (performance.now() > end) throw exceeded(ms);
    return result;
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
