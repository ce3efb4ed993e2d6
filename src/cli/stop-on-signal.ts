/** Graceful end of a server at Ctrl-C and SIGTERM. */
import type { Serving } from '../node/serve.ts';

/** Milliseconds between two looks at the parent. */
const LOOK_MS = 250;

/**
 * Stops the server at the first signal, or when npm has ended that started it, and then ends the process.
 * @param drain max seconds that running explanations get to finish
 */
export function stopOnSignal(serving: Serving, drain: number): void {
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    console.log(`finishing running explanations, for at most ${drain} s ...`);
    await serving.stop(1000 * drain);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  if (process.env.npm_lifecycle_event !== undefined) watchParent(stop);
}

/** npm passes SIGTERM to the shell between it and this process, which ends without passing it on. */
function watchParent(orphaned: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    orphaned();
  }, LOOK_MS);
  timer.unref();
}
