/** Lets so many runs go on at once and so many wait; who comes on top of that is asked to come back. */
import { WhylightError } from '../core/errors.ts';

export interface AdmissionOptions {
  /** Runs at once. */
  readonly most: number;
  /** Runs that may wait for their turn. */
  readonly waiting: number;
}

export class Admission {
  private readonly options: AdmissionOptions;
  private readonly line: (() => void)[] = [];
  private running = 0;
  /** Running, waiting, or about to. */
  private admitted = 0;
  private closed = false;

  constructor(options: AdmissionOptions) {
    this.options = options;
  }

  /** Whether it still lets anybody in. */
  get open(): boolean {
    return !this.closed;
  }

  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.running, waiting: this.admitted - this.running };
  }

  /**
   * A place in the line, for work that begins at once or when it is its turn.
   * @throws WhylightError `overloaded` when too many wait, or when the server is about to stop
   */
  reserve(): <T>(work: () => Promise<T>) => Promise<T> {
    if (this.closed) throw refused('The server is about to stop.');
    if (this.admitted >= this.options.most + this.options.waiting) throw refused('Too many runs wait already.');
    this.admitted += 1;
    return async (work) => {
      try {
        if (this.running >= this.options.most) await new Promise<void>((turn) => this.line.push(turn));
        else this.running += 1;
        try {
          return await work();
        } finally {
          const next = this.line.shift();
          if (next) next();
          else this.running -= 1;
        }
      } finally {
        this.admitted -= 1;
      }
    };
  }

  /**
   * Lets nobody in any more, and resolves when all who are in have left, or when the time is over.
   * @param limit milliseconds
   * @returns how many are left
   */
  async drain(limit = Infinity): Promise<number> {
    this.closed = true;
    const end = performance.now() + limit;
    while (this.admitted > 0 && performance.now() < end) await new Promise((later) => setTimeout(later, 20));
    return this.admitted;
  }
}

const refused = (reason: string): WhylightError =>
  new WhylightError('overloaded', `${reason} Come back a little later.`, { retry_after: 1 });
