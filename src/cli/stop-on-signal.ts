/** Graceful end of a server at Ctrl-C and SIGTERM. */
import type { Serving } from '../node/serve.ts';

/**
 * Stops the server at the first signal, and then ends the process.
 * @param drain max seconds that running explanations get to finish
 */
export function stopOnSignal(serving: Serving, drain: number): void {
  const stop = async (): Promise<void> => {
    console.log(`finishing running explanations, for at most ${drain} s ...`);
    await serving.stop(1000 * drain);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
}
