import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/core/tensor/random.ts';
import { largestPositions, magnitudeBits, rankedBits, sortMagnitudes } from '../../../src/core/tensor/sort.ts';

describe('sortMagnitudes', () => {
  it('sorts like Array.prototype.sort from subnormal numbers to infinity', () => {
    const exponents = new Random(1).uniform(5000);
    const values = new Random(2).normal(5000).map((x, i) => Math.abs(x) * 2 ** (300 * (exponents[i] as number) - 150));
    values.set([0, Infinity, 2 ** -149, 0, 1, 1]);
    expect(sortMagnitudes(values)).toEqual(values.slice().sort());
  });

  it('does not change its input, also a view of a larger array', () => {
    const values = Float32Array.of(9, 3, 1, 2, 9).subarray(1, 4);
    expect([...sortMagnitudes(values)]).toEqual([1, 2, 3]);
    expect([...values]).toEqual([3, 1, 2]);
    expect(sortMagnitudes(new Float32Array(0))).toHaveLength(0);
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
