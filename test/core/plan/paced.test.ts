import { describe, expect, it } from 'vitest';
import { paced } from '../../../src/core/plan/paced.ts';

/**
 * Runs batches with a pause before each that is due.
 * @param batches milliseconds of each
 * @param advance tells if the clock goes on while a batch runs, or only in the next pause
 * @returns indices of the batches that came after a pause
 */
async function pausesOf(batches: readonly number[], advance: boolean): Promise<number[]> {
  const found: number[] = [];
  let [now, hidden, index] = [1000, 0, 0];
  const pause = async (): Promise<void> => {
    found.push(index);
    [now, hidden] = [now + hidden, 0];
  };
  const due = paced(pause, () => now);
  for (; index < batches.length; index++) {
    await due();
    if (advance) now += batches[index] as number;
    else hidden += batches[index] as number;
  }
  return found;
}

const equal = (count: number, ms: number): number[] => new Array<number>(count).fill(ms);

describe('paced', () => {
  it('runs the first batch at once, and pauses for every 25 ms of batches', async () => {
    const pauses = await pausesOf(equal(100, 5), true);
    expect(pauses.slice(0, 4)).toEqual([1, 3, 7, 12]);
    expect(pauses.slice(4)).toEqual([17, 22, 27, 32, 37, 42, 47, 52, 57, 62, 67, 72, 77, 82, 87, 92, 97]);
  });

  it('pauses as often where the clock advances in pauses alone', async () => {
    expect(await pausesOf(equal(100, 5), false)).toEqual(await pausesOf(equal(100, 5), true));
  });

  it('pauses after every batch that takes longer than 25 ms', async () => {
    for (const advance of [true, false]) expect(await pausesOf(equal(5, 40), advance)).toEqual([1, 2, 3, 4]);
  });

  it('pauses again after the first of longer batches where the clock advances, and after one slice of them elsewhere', async () => {
    const batches = [...equal(12, 5), ...equal(6, 40)];
    expect(await pausesOf(batches, true)).toEqual([1, 3, 7, 12, 13, 14, 15, 16, 17]);
    expect(await pausesOf(batches, false)).toEqual([1, 3, 7, 12, 17]);
  });

  it('pauses after every batch where the clock stands still', async () => {
    expect(await pausesOf(equal(4, 0), false)).toEqual([1, 2, 3]);
  });
});
