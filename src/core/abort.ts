/** Abort signals as errors of this package. */
import { WhylightError } from './errors.ts';

/** Error for an aborted signal: its reason where that is a {@link WhylightError}, otherwise `aborted`. */
export function abortError({ reason }: AbortSignal): WhylightError {
  if (WhylightError.is(reason)) return reason;
  return new WhylightError('aborted', 'The run was stopped because the caller cancelled it.', {}, { cause: reason });
}

/** @throws WhylightError {@link abortError}, when the signal is aborted */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal);
}

/**
 * Waits for a promise, or for the signal.
 * @throws WhylightError {@link abortError}, when the signal is aborted before the promise settles
 */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  throwIfAborted(signal);
  let giveUp = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(abortError(signal));
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
