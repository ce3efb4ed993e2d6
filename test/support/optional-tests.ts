/** Tests that need a program which a machine may lack. `scripts/test.mjs` prints the reasons of the skipped ones. */
import { describe, it } from 'vitest';
import { CHROMIUM_MISSING } from './chromium.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Reason why a test or group is skipped, printed at the end of `npm test`. */
    skipReason?: string;
  }
}

/**
 * Group of tests that need Chromium. Skipped where there is none; under CI=true they run all the same, and fail with
 * the reason.
 */
export function describeInBrowser(title: string, body: () => void): void {
  const missing = process.env.CI === 'true' ? undefined : CHROMIUM_MISSING;
  describe(title, missing === undefined ? {} : skip(missing), body);
}

/** Single test that is skipped for the given reason; undefined runs it. */
export function itUnless(reason: string | undefined, title: string, body: () => Promise<void> | void): void {
  it(title, reason === undefined ? {} : skip(reason), body);
}

const skip = (skipReason: string) => ({ skip: true, meta: { skipReason } });
