import { describe, expect, it } from 'vitest';
import type { Evaluation, ExplainContext } from '../../../../src/core/method/contract.ts';
import { inPortions, isMilestone, type Portion } from '../../../../src/core/strategy/inner-method/progress.ts';
import type { Inputs } from '../../../../src/core/tensor/rows.ts';
import { float32, type Tensor } from '../../../../src/core/tensor/tensor.ts';

type Context = Pick<ExplainContext<unknown>, 'prefetch' | 'batchSize' | 'evaluate'>;

/** An engine beside this thread: it reads its rows when it comes to them, one portion after the other. */
function engine(batchSize: number, prefetch: boolean, fails = -1) {
  const events: string[] = [];
  let last: Promise<unknown> = Promise.resolve();
  let runs = 0;
  const ctx: Context = {
    batchSize,
    prefetch,
    evaluate({ x }: Inputs) {
      const run = last.then(async () => {
        await new Promise((later) => setTimeout(later, 2));
        if (runs++ === fails) throw new Error('the engine failed');
        const scores = (x as Tensor<'float32'>).data.slice();
        events.push(`ran ${scores}`);
        return { scores, gradients: {}, activations: {}, hessianVectors: {} } satisfies Evaluation;
      });
      last = run.catch(() => {});
      return run;
    },
  };
  return { ctx, events };
}

describe('inPortions', () => {
  const collect = async (ctx: Context, count: number, events: string[], most = Infinity) => {
    const rooms = [new Float32Array(count), new Float32Array(count)];
    const heard: number[] = [];
    await inPortions(
      ctx,
      count,
      ({ first, count: size, slot }) => {
        const data = (rooms[slot] as Float32Array).subarray(0, size);
        for (let i = 0; i < size; i++) data[i] = first + i;
        events.push(`made ${data}`);
        return { x: float32([size], data) };
      },
      ({ scores }, { first }) => {
        expect(scores[0]).toBe(first);
        heard.push(...scores);
        return heard.length >= most;
      },
    );
    return heard;
  };

  it.each([1, 2, 3, 7, 10].flatMap((size) => [[size, true] as const, [size, false] as const]))(
    'reports every row once and in order, in portions of %i, prefetch %s',
    async (size, prefetch) => {
      const { ctx, events } = engine(size, prefetch);
      expect(await collect(ctx, 7, events)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    },
  );

  it('prepares only the next portion while the engine runs', async () => {
    const { ctx, events } = engine(2, true);
    await collect(ctx, 6, events);
    expect(events).toEqual(['made 0,1', 'made 2,3', 'ran 0,1', 'made 4,5', 'ran 2,3', 'ran 4,5']);
  });

  it('prepares nothing ahead when the engine shares the thread', async () => {
    const { ctx, events } = engine(2, false);
    await collect(ctx, 4, events);
    expect(events).toEqual(['made 0,1', 'ran 0,1', 'made 2,3', 'ran 2,3']);
  });

  it.each([true, false])('stops when its consumer stops, prefetch %s', async (prefetch) => {
    const { ctx, events } = engine(2, prefetch);
    expect(await collect(ctx, 10, events, 3)).toEqual([0, 1, 2, 3]);
  });

  it.each([0, 1, 2])('passes on an error of the engine at portion %i', async (portion) => {
    const { ctx, events } = engine(2, true, portion);
    await expect(collect(ctx, 6, events)).rejects.toThrow('the engine failed');
  });

  it('marks each tenth of the rows as a milestone, but not the last row', () => {
    const milestones = (count: number, size: number) =>
      Array.from({ length: Math.ceil(count / size) }, (_, i) =>
        isMilestone(i * size, Math.min(count, (i + 1) * size), count),
      );
    expect(milestones(100, 1).filter(Boolean)).toHaveLength(9);
    expect(milestones(100, 1).at(-1)).toBe(false);
    expect(milestones(4, 1)).toEqual([true, true, true, false]);
    expect(milestones(4, 8)).toEqual([false]);
  });

  it('marks the portions that reach a milestone', async () => {
    const seen: Portion[] = [];
    const { ctx } = engine(3, false);
    await inPortions(
      ctx,
      7,
      (portion) => {
        seen.push(portion);
        return { x: float32([portion.count]) };
      },
      () => false,
    );
    expect(seen).toEqual([
      { first: 0, count: 3, slot: 0, milestone: true },
      { first: 3, count: 3, slot: 0, milestone: true },
      { first: 6, count: 1, slot: 0, milestone: false },
    ]);
  });
});
