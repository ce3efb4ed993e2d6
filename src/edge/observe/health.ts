/** Whether the server can do its work, found out by doing a little of each part of it. */

import { testEngine } from '../../core/engine/self-test.ts';
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import type { Services } from '../services.ts';

export interface HealthReport {
  readonly ready: boolean;
  /** By part. The reason for a failure is in the log: whoever asks may be anybody. */
  readonly checks: Readonly<Record<string, 'ok' | 'failed'>>;
}

/** Checks cost work and are open to everybody, so their outcome holds for this long. */
const FRESH_MS = 5000;
/** A key that no answer can have. */
const NO_ANSWER = 'health';

export class Health {
  private readonly checks: Readonly<Record<string, (waitUntil: WaitUntil) => Promise<unknown>>>;
  private readonly services: Pick<Services, 'log'>;
  private readonly clock: () => number;
  private last: { readonly at: number; readonly report: HealthReport } | undefined;

  constructor(services: Pick<Services, 'models' | 'cache' | 'explainer' | 'log'>, clock: () => number = Date.now) {
    const { models, cache, explainer } = services;
    this.services = services;
    this.clock = clock;
    this.checks = {
      models: (waitUntil) => models.check(waitUntil),
      engine: () => testEngine(explainer.engine),
      cache: async (waitUntil) => cache.get(NO_ANSWER, { seconds: 60, waitUntil }),
    };
  }

  /** A cache that fails costs time, never an answer: it is reported, but the server is ready without it. */
  async report(waitUntil: WaitUntil): Promise<HealthReport> {
    const now = this.clock();
    if (this.last && now - this.last.at < FRESH_MS) return this.last.report;
    const checks = Object.fromEntries(
      await Promise.all(
        Object.entries(this.checks).map(async ([part, check]) => [part, await this.passes(part, check, waitUntil)]),
      ),
    ) as HealthReport['checks'];
    const report = { ready: checks.models === 'ok' && checks.engine === 'ok', checks };
    this.last = { at: now, report };
    return report;
  }

  private async passes(
    part: string,
    check: (waitUntil: WaitUntil) => Promise<unknown>,
    waitUntil: WaitUntil,
  ): Promise<'ok' | 'failed'> {
    try {
      await check(waitUntil);
      return 'ok';
    } catch (error) {
      this.services.log('error', 'a health check failed', {
        part,
        reason: error instanceof Error ? error.message : String(error),
      });
      return 'failed';
    }
  }
}
