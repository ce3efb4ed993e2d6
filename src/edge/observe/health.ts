/** Health of the server, determined by exercising each part of it. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { messageOf } from '../../core/errors.ts';
import type { Log } from './log.ts';

export interface HealthReport {
  readonly ready: boolean;
  /** Result of each part. The reason of a failure is in the log only, since anybody may read the report. */
  readonly checks: Readonly<Record<string, 'ok' | 'failed'>>;
}

/** Checks one part of the server; throws when the part does not work. */
export interface HealthCheck {
  readonly check: (waitUntil: WaitUntil) => Promise<unknown>;
  /** False for a part that the server can do without. */
  readonly required: boolean;
}

/** Milliseconds for which a report is reused: checks cost work and are open to everybody. */
const FRESH_MS = 5000;

export class Health {
  private readonly checks: Readonly<Record<string, HealthCheck>>;
  private readonly log: Log;
  private readonly clock: () => number;
  private last: { readonly at: number; readonly report: HealthReport } | undefined;

  /**
   * @param checks checks by the name of the part
   * @param clock milliseconds since 1970
   */
  constructor(checks: Readonly<Record<string, HealthCheck>>, log: Log, clock: () => number = Date.now) {
    this.checks = checks;
    this.log = log;
    this.clock = clock;
  }

  /** Runs all checks, or returns a recent report. The server is ready when every required part works. */
  async report(waitUntil: WaitUntil): Promise<HealthReport> {
    const now = this.clock();
    if (this.last && now - this.last.at < FRESH_MS) return this.last.report;
    const results = await Promise.all(
      Object.entries(this.checks).map(async ([part, { check }]) => [part, await this.passes(part, check, waitUntil)]),
    );
    const checks: HealthReport['checks'] = Object.fromEntries(results);
    const ready = Object.entries(this.checks).every(([part, { required }]) => !required || checks[part] === 'ok');
    const report = { ready, checks };
    this.last = { at: now, report };
    return report;
  }

  private async passes(part: string, check: HealthCheck['check'], waitUntil: WaitUntil): Promise<'ok' | 'failed'> {
    try {
      await check(waitUntil);
      return 'ok';
    } catch (error) {
      this.log('error', 'a health check failed', { part, reason: messageOf(error) });
      return 'failed';
    }
  }
}
