import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/core/tensor/random.ts';
import { largestPositions, magnitudeBits, rankedBits, sumByRank } from '../../../src/core/tensor/sort.ts';

describe('sumByRank', () => {
  it.each([1, 5000, 40_000])('weighs %i numbers by their ranks, from subnormal to large ones', (count) => {
    const exponents = new Random(1).uniform(count);
    const values = new Random(2).normal(count).map((x, i) => Math.abs(x) * 2 ** (200 * (exponents[i] as number) - 150));
    values.set([0, 2 ** -149, 0, 1, 1].slice(0, count));
    const sorted = values.slice().sort();
    const expected = sorted.reduce((sum, value, i) => sum + (2 * (i + 1) - count - 1) * value, 0);
    expect(sumByRank(magnitudeBits(values)) / expected || 0).toBeCloseTo(count === 1 ? 0 : 1, 12);
  });

  it('does not change its input, also a view of a larger array', () => {
    const bits = magnitudeBits(Float32Array.of(9, 3, 1, 2, 9)).subarray(1, 4);
    const before = bits.slice();
    expect(sumByRank(bits)).toBe(2 * 3 - 2 * 1);
    expect(bits).toEqual(before);
    expect(sumByRank(new Uint32Array(0))).toBe(0);
  });
});

describe('rankedBits', () => {
  it('gives the element at a rank of the sorted array, with ties', () => {
    const values = new Random(3).normal(3000).map((x, i) => (i % 3 === 0 ? Math.round(x) : x * 2 ** ((i % 90) - 45)));
    const bits = magnitudeBits(values);
    const sorted = bits.slice().sort();
    for (const rank of [0, 1, 17, 749, 1500, 2998, 2999]) expect(rankedBits(bits, rank)).toBe(sorted[rank]);
    expect(rankedBits(Uint32Array.of(7), 0)).toBe(7);
  });
});

describe('largestPositions', () => {
  it.each([0, 1, 5, 32, 33, 4000])('gives the %i largest, the first of equals first', (count) => {
    const values = new Random(4).normal(2000).map((x, i) => (i % 2 === 0 ? Math.round(x) : x));
    const sorted = Array.from(values.keys()).sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
    expect(largestPositions(values, count)).toEqual(sorted.slice(0, count));
  });
});
