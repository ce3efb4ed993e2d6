/** Slices of work that takes seconds of an isolate: one piece of work at a time, and half of the time at most. */
import { WhylightError } from '../../core/errors.ts';

/** Milliseconds after which a turn that is not renewed is free: its request may have been ended by the platform. */
const LEASE_MS = 30_000;
/** Milliseconds for which a request waits for its turn. */
const WAIT_MS = 20_000;
/** Milliseconds between two looks at whether the turn is free. */
const POLL_MS = 50;
/** Milliseconds of a pause at least and at most. */
const [MIN_PAUSE_MS, MAX_PAUSE_MS] = [2, 500];

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Turns of an isolate. A request that waits looks again and again, since in a Worker no request can settle the promise of
 * another one that may have ended.
 */
export class Turns {
  private readonly clock: () => number;
  /** The turn that runs, and the time at which its lease ends. */
  private current: { readonly turn: symbol; readonly freeAt: number } | undefined;

  /** @param clock milliseconds since 1970 */
  constructor(clock: () => number = Date.now) {
    this.clock = clock;
  }

  /**
   * Runs the work when it is its turn.
   * @param work gets a pause to call between its slices; others have as long a time as the slice before it took
   * @throws WhylightError `overloaded`, with `retry_after`, when others take too long
   */
  async run<T>(work: (pause: () => Promise<void>) => Promise<T>): Promise<T> {
    const until = this.clock() + WAIT_MS;
    while (this.current && this.current.freeAt > this.clock()) {
      if (this.clock() > until) throw busy();
      await sleep(POLL_MS);
    }
    const turn = Symbol('turn');
    this.current = undefined;
    let resumed = this.renew(turn);
    try {
      return await work(async () => {
        // The clock of a Worker moves only while it waits.
        await sleep(MIN_PAUSE_MS);
        await sleep(Math.min(MAX_PAUSE_MS, this.clock() - resumed));
        resumed = this.renew(turn);
      });
    } finally {
      this.end(turn);
    }
  }

  private end(turn: symbol): void {
    if (this.current?.turn === turn) this.current = undefined;
  }

  /** Extends the lease of a turn, unless the lease had ended and another turn has begun. */
  private renew(turn: symbol): number {
    const now = this.clock();
    if (!this.current || this.current.turn === turn) this.current = { turn, freeAt: now + LEASE_MS };
    return now;
  }
}

const busy = (): WhylightError =>
  new WhylightError('overloaded', 'Other models are being inspected: upload it again later.', { retry_after: 5 });
