/**
 * A circuit breaker (Nygard, "Release It!", 2007): after several failures in a row nothing is sent for a while; then one
 * request tries, and what becomes of it decides.
 */
export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failures?: number;
  /** Milliseconds that it stays open. Doubles each time the trial fails, up to {@link longest}. */
  readonly pause?: number;
  readonly longest?: number;
  readonly clock?: () => number;
}

export type BreakerState = 'closed' | 'open' | 'half_open';

export class Breaker {
  private readonly options: Required<BreakerOptions>;
  private failed = 0;
  private pause: number;
  private openedAt: number | undefined;
  private trying = false;

  constructor({ failures = 3, pause = 2_000, longest = 60_000, clock = Date.now }: BreakerOptions = {}) {
    this.options = { failures, pause, longest, clock };
    this.pause = pause;
  }

  get state(): BreakerState {
    if (this.openedAt === undefined) return 'closed';
    return this.options.clock() - this.openedAt >= this.pause ? 'half_open' : 'open';
  }

  /** Milliseconds until a request may try; 0 when it may now. */
  get wait(): number {
    return this.openedAt === undefined ? 0 : Math.max(0, this.openedAt + this.pause - this.options.clock());
  }

  /** Whether a request may be sent. Whoever is told so says afterwards what became of it. */
  enter(): boolean {
    if (this.state === 'closed') return true;
    if (this.state === 'open' || this.trying) return false;
    this.trying = true;
    return true;
  }

  succeeded(): void {
    this.trying = false;
    this.failed = 0;
    this.openedAt = undefined;
    this.pause = this.options.pause;
  }

  failure(): void {
    const { failures, longest, clock } = this.options;
    this.failed += 1;
    if (this.trying) this.pause = Math.min(longest, this.pause * 2);
    if (this.trying || this.failed >= failures) this.openedAt = clock();
    this.trying = false;
  }

  /** The request ended for a reason of its own: it tells nothing of the other side. */
  withdrawn(): void {
    this.trying = false;
  }
}
