/** Admission control: bounds the runs in progress and the runs that wait, and refuses more. */
import { WhylightError } from '../core/errors.ts';

export interface AdmissionOptions {
  /** Maximum number of concurrent runs. */
  readonly maxRunning: number;
  /** Maximum number of runs that wait for their turn. */
  readonly maxWaiting: number;
}

export class Admission {
  private readonly options: AdmissionOptions;
  private readonly queue: (() => void)[] = [];
  private running = 0;
  /** Number of runs in progress, waiting, or reserved. */
  private admitted = 0;
  private closed = false;

  constructor(options: AdmissionOptions) {
    this.options = options;
  }

  /** False once the server is shutting down. */
  get open(): boolean {
    return !this.closed;
  }

  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.running, waiting: this.admitted - this.running };
  }

  /**
   * Reserves a slot for work that begins at once or when it is its turn.
   * @throws WhylightError `overloaded` when too many runs wait, or when the server is shutting down
   */
  reserve(): <T>(work: () => Promise<T>) => Promise<T> {
    if (this.closed) throw refused('The server is shutting down.');
    if (this.admitted >= this.options.maxRunning + this.options.maxWaiting) throw refused('Too many runs are waiting.');
    this.admitted += 1;
    return async (work) => {
      try {
        if (this.running >= this.options.maxRunning) await new Promise<void>((turn) => this.queue.push(turn));
        else this.running += 1;
        try {
          return await work();
        } finally {
          const next = this.queue.shift();
          if (next) next();
          else this.running -= 1;
        }
      } finally {
        this.admitted -= 1;
      }
    };
  }

  /**
   * Refuses new runs, and resolves when all runs have ended, or when the time is over.
   * @param limit milliseconds
   * @returns number of runs that have not ended
   */
  async drain(limit = Infinity): Promise<number> {
    this.closed = true;
    const end = performance.now() + limit;
    while (this.admitted > 0 && performance.now() < end) await new Promise((later) => setTimeout(later, 20));
    return this.admitted;
  }
}

const refused = (reason: string): WhylightError =>
  new WhylightError('overloaded', `${reason} Try again later.`, { retry_after: 1 });
