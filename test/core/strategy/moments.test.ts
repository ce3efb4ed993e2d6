import { describe, expect, it } from 'vitest';
import { Moments } from '../../../src/core/strategy/moments.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';

const gathered = (...samples: number[][]): Moments => {
  const moments = new Moments();
  for (const sample of samples) moments.add({ x: float32([1, sample.length], sample) });
  return moments;
};

describe('Moments', () => {
  const moments = gathered([1, 10], [2, 10], [6, 10]);

  it('gives mean, mean square and population variance of each element', () => {
    expect([...(moments.mean.x?.data ?? [])]).toEqual([3, 10]);
    expect(moments.meanSquare.x?.data[0]).toBeCloseTo((1 + 4 + 36) / 3, 5);
    expect(moments.meanSquare.x?.data[1]).toBe(100);
    expect(moments.variance.x?.data[0]).toBeCloseTo((4 + 1 + 9) / 3, 5);
    expect(moments.variance.x?.data[1]).toBe(0);
  });

  it('gives the root mean square of the standard errors, and its ratio to the mean', () => {
    // Sample variances 7 and 0, each over three samples.
    const error = Math.sqrt((7 / 3 + 0) / 2);
    expect(moments.standardError).toBeCloseTo(error, 10);
    expect(moments.relativeError).toBeCloseTo(error / Math.sqrt((9 + 100) / 2), 10);
  });

  it('has no error before the second sample', () => {
    expect(gathered([1, 2]).standardError).toBeUndefined();
    expect(gathered([1, 2]).relativeError).toBe(Infinity);
  });

  it('has no error for equal samples, also zeros', () => {
    expect(gathered([0, 0], [0, 0]).relativeError).toBe(0);
  });

  it('keeps small differences of large values', () => {
    const far = gathered([16777215], [16777213], [16777214]);
    expect(far.variance.x?.data[0]).toBeCloseTo(2 / 3, 6);
  });

  it('keeps tensors separate', () => {
    const two = new Moments();
    two.add({ a: float32([1, 1], [1]), b: float32([1, 2], [2, 3]) });
    two.add({ a: float32([1, 1], [3]), b: float32([1, 2], [2, 5]) });
    expect(two.mean.a?.data[0]).toBe(2);
    expect([...(two.mean.b?.data ?? [])]).toEqual([2, 4]);
  });
});
