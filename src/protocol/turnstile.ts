/** Bound on concurrent tasks. */
import { abortError, throwIfAborted } from '../core/abort.ts';

/**
 * Runs tasks, at most `max` at once; the others wait in the order of arrival.
 * @throws the reason of the signal, for a task that is aborted while it waits
 */
export type Turnstile = <T>(task: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

export function turnstile(max: number): Turnstile {
  let busy = 0;
  const waiting = new Set<() => void>();
  const enter = async (signal: AbortSignal | undefined): Promise<void> => {
    if (busy < max) {
      busy += 1;
      return;
    }
    await new Promise<void>((go, refuse) => {
      const wake = () => {
        waiting.delete(wake);
        signal?.removeEventListener('abort', leave);
        go();
      };
      const leave = () => {
        waiting.delete(wake);
        refuse(abortError(signal as AbortSignal));
      };
      waiting.add(wake);
      signal?.addEventListener('abort', leave, { once: true });
    });
  };
  const exit = (): void => {
    const [next] = waiting;
    if (next) next();
    else busy -= 1;
  };
  return async (task, signal) => {
    if (signal) throwIfAborted(signal);
    await enter(signal);
    try {
      if (signal) throwIfAborted(signal);
      return await task();
    } finally {
      exit();
    }
  };
}
