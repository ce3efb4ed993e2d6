import { describe, expect, it } from 'vitest';
import { gram, lengthOf } from '../../../src/core/tensor/gram.ts';
import { Random } from '../../../src/core/tensor/random.ts';

describe('gram', () => {
  it.each([1, 2, 3, 4, 7])('gives the inner products of all pairs of %d rows', (count) => {
    const width = 5;
    const rows = Float64Array.from(new Random(count).normal(count * width));
    const products = gram(rows, count);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) {
        let expected = 0;
        for (let k = 0; k < width; k++) expected += (rows[i * width + k] as number) * (rows[j * width + k] as number);
        expect(products[i * count + j]).toBe(expected);
      }
    }
  });
});

describe('lengthOf', () => {
  it('is the Euclidean length', () => {
    expect(lengthOf(Float64Array.of(3, -4, 12))).toBe(13);
    expect(lengthOf(new Float64Array(0))).toBe(0);
  });
});
