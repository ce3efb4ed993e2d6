/**
 * Circuit breaker (Nygard, "Release It!", 2007): after several failures in a row no request is sent for a while; then a
 * single trial decides whether it closes again.
 */
export interface BreakerOptions {
  /** Number of failures in a row that open it; 3 when left out. */
  readonly failures?: number;
  /** Milliseconds that it stays open; 2000 when left out. Doubles each time the trial fails, up to {@link maxPause}. */
  readonly pause?: number;
  readonly maxPause?: number;
  /** Milliseconds, from any origin. */
  readonly clock?: () => number;
}

export type BreakerState = 'closed' | 'open' | 'half_open';

export class Breaker {
  private readonly options: Required<BreakerOptions>;
  private failed = 0;
  private pause: number;
  private openedAt: number | undefined;
  private trying = false;

  constructor({ failures = 3, pause = 2_000, maxPause = 60_000, clock = Date.now }: BreakerOptions = {}) {
    this.options = { failures, pause, maxPause, clock };
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

  /** Returns true if a request may be sent; the caller then reports its outcome. */
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
    const { failures, maxPause, clock } = this.options;
    this.failed += 1;
    if (this.trying) this.pause = Math.min(maxPause, this.pause * 2);
    if (this.trying || this.failed >= failures) this.openedAt = clock();
    this.trying = false;
  }

  /** Reports a request whose outcome says nothing about the other side. */
  withdrawn(): void {
    this.trying = false;
  }
}
