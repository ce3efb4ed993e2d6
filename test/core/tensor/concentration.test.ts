import { describe, expect, it } from 'vitest';
import { entropy, entropyOfBits, gini, giniOfBits } from '../../../src/core/tensor/concentration.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { magnitudeBits } from '../../../src/core/tensor/sort.ts';

const sumOf = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0);

/** Numbers whose exponents are spread over `octaves` powers of two up to `2 ** top`. */
function spread(count: number, octaves: number, top: number): Float32Array {
  const exponents = new Random(5).uniform(count);
  return new Random(6).normal(count).map((x, i) => Math.abs(x) * 2 ** (top - octaves * (exponents[i] as number)));
}

describe('measures of the bits of numbers', () => {
  it.each([
    ['of one size', spread(3000, 0, 0)],
    ['over eight octaves', spread(150_000, 8, -3)],
    ['over all that float32 has', spread(40_000, 250, 100)],
    ['of subnormal size', spread(2000, 5, -130)],
    ['with zeros', spread(2000, 5, 0).map((x, i) => (i % 3 === 0 ? 0 : x))],
    ['that are powers of two', Float32Array.from({ length: 64 }, (_, i) => 2 ** (i - 32))],
    ['of which there is one', Float32Array.of(3)],
  ])('equal those of the numbers: %s', (_, values) => {
    const bits = magnitudeBits(values);
    const exact = Float64Array.from(values);
    expect(entropyOfBits(bits, sumOf(values))).toBeCloseTo(entropy(exact), 10);
    expect(giniOfBits(bits, sumOf(values))).toBeCloseTo(gini(exact), 12);
  });

  it('are zero for zeros and for nothing', () => {
    for (const bits of [new Uint32Array(5), new Uint32Array(0)]) {
      expect([entropyOfBits(bits, 0), giniOfBits(bits, 0)]).toEqual([0, 0]);
    }
  });
});
