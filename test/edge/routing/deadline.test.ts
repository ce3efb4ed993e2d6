import { describe, expect, it } from 'vitest';
import { withDeadline } from '../../../src/edge/routing/deadline.ts';

const { signal } = new AbortController();

/** Blocks the thread, so that no timer fires. */
function spin(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

describe('withDeadline', () => {
  it('returns the result of work that is done in time', async () => {
    expect(await withDeadline(signal, 10_000, async () => 'done')).toBe('done');
    expect(await withDeadline(signal, undefined, async () => 'done')).toBe('done');
  });

  it('refuses the result of work that blocked the thread beyond the deadline', async () => {
    await expect(withDeadline(signal, 20, async () => spin(40))).rejects.toMatchObject({ code: 'deadline_exceeded' });
  });

  it('counts what a request has spent before', async () => {
    let started = false;
    const work = async () => {
      started = true;
    };
    await expect(withDeadline(signal, 20, work, 21)).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(started).toBe(false);
  });
});
