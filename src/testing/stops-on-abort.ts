/** Check that a method ends when its signal aborts: it must neither go on evaluating nor return an attribution. */
import { WhylightError } from '../core/errors.ts';
import type { Method } from '../core/method/contract.ts';
import type { Trial } from './trial.ts';

/** Grace period after the abort in milliseconds. Only a method that never ends uses it up. */
const PATIENCE_MS = 5000;

const GOES_ON = 'explain() goes on evaluating after ctx.signal was aborted: let the error of ctx.evaluate pass';

/** @returns what the method did wrong, if anything */
export async function stopsOnAbort(trial: Trial): Promise<string | undefined> {
  const controller = new AbortController();
  let refused = false;
  let went = false;
  let own: Promise<unknown> = Promise.resolve();
  const watched: Method = {
    ...trial.method,
    explain: (ctx) => {
      const evaluate: typeof ctx.evaluate = async (rows, options) => {
        if (refused) went = true;
        try {
          return await ctx.evaluate(rows, options);
        } catch (error) {
          refused ||= controller.signal.aborted;
          throw error;
        }
      };
      const running = trial.method.explain({ ...ctx, evaluate });
      own = running.then(
        () => (refused ? 'explain() caught the abort and answered all the same' : undefined),
        () => undefined,
      );
      return running;
    },
  };
  const outcome = await trial
    .explain({
      method: watched,
      maxBatch: 1,
      hooks: { signal: controller.signal, progress: () => controller.abort() },
    })
    .then(
      () => 'the run was answered although the caller had given up',
      (error: unknown) => (WhylightError.is(error, 'aborted') ? undefined : `the abort became another error: ${error}`),
    );
  if (went) return GOES_ON;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('explain() goes on after ctx.signal was aborted'), PATIENCE_MS);
  });
  const end = await Promise.race([own, late]);
  clearTimeout(timer);
  return went ? GOES_ON : (outcome ?? (end as string | undefined));
}
