import { describe, expect, it } from 'vitest';
import { Turns } from '../../../src/edge/models/slices.ts';

const never = new Promise<never>(() => {});

describe('Turns', () => {
  it('runs one piece of work after the other, with room for others in its pauses', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const work = (name: string) =>
      turns.run(async (pause) => {
        order.push(`${name} begins`);
        await pause();
        order.push(`${name} ends`);
      });
    const other = new Promise((resolve) => setTimeout(resolve)).then(() => order.push('other'));
    await Promise.all([work('first'), work('second'), other]);
    expect(order).toEqual(['first begins', 'other', 'first ends', 'second begins', 'second ends']);
  });

  it('is free again when the work fails, and when a turn was not renewed for 30 seconds', async () => {
    let now = 0;
    const turns = new Turns(() => now);
    await expect(turns.run(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    // A request that the platform has ended never returns.
    void turns.run(() => never);
    now = 30_000;
    expect(await turns.run(async () => 'next')).toBe('next');
  });

  it('leaves the turn to the next one when work ends after its own turn was given away', async () => {
    let now = 0;
    const turns = new Turns(() => now);
    let endFirst = () => {};
    const first = turns.run(() => new Promise<void>((resolve) => (endFirst = resolve)));
    now = 30_000;
    void turns.run(() => never);
    endFirst();
    await first;
    const waiting = turns.run(async () => 'beside the second');
    now = 50_001;
    await expect(waiting).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('refuses with Retry-After after 20 seconds', async () => {
    let now = 0;
    const turns = new Turns(() => now);
    void turns.run(() => never);
    const waiting = turns.run(async () => 'never');
    now = 20_001;
    await expect(waiting).rejects.toMatchObject({ code: 'overloaded', details: { retry_after: 5 } });
  });
});
