/** Ctrl-C during long work: says what is kept and how to go on. */

/** Exit code of a process that SIGINT ended, as shells count it. */
const INTERRUPTED = 130;

/**
 * Runs work, and ends the process with a sentence when the user stops it.
 * @param told the sentence; called once, after the signal
 */
export async function interruptible<T>(told: () => string, work: () => Promise<T>): Promise<T> {
  const stop = (): void => {
    process.stderr.write(`\n${told()}\n`);
    process.exit(INTERRUPTED);
  };
  process.once('SIGINT', stop);
  try {
    return await work();
  } finally {
    process.off('SIGINT', stop);
  }
}

/** Sentence about a run with a journal. */
export const keptIn = (journal: string): string =>
  `Stopped. The inputs that are done are kept in ${journal}: the same command goes on from there, --restart begins again.`;

/** Sentence about a run that keeps nothing. */
export const nothingKept = (hint: string): string => `Stopped. Nothing is kept${hint}.`;
