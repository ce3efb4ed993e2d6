import { describe, expect, it } from 'vitest';
import { sobolPairs } from '../../../src/core/tensor/low-discrepancy.ts';

describe('sobolPairs', () => {
  it.each([0, 1, 2 ** 40 + 3])('puts one of 2^k points into each interval of every dimension (seed %d)', (seed) => {
    const points = sobolPairs(seed);
    for (const pair of [0, 1, 77]) {
      for (const side of [0, 1] as const) {
        const cells = Array.from({ length: 64 }, (_, i) => Math.floor(points.at(i, pair)[side] * 64));
        expect(new Set(cells).size).toBe(64);
      }
    }
  });

  it('puts one of 2^k points into each elementary box of a pair', () => {
    const points = sobolPairs(5);
    for (const pair of [0, 3, 12]) {
      for (const [columns, rows] of [
        [8, 8],
        [4, 16],
        [32, 2],
      ] as const) {
        const boxes = Array.from({ length: 64 }, (_, i) => {
          const [x, y] = points.at(i, pair);
          return Math.floor(x * columns) * rows + Math.floor(y * rows);
        });
        expect(new Set(boxes).size).toBe(64);
      }
    }
  });

  it('integrates a product over many dimensions better than random points, with distinct pairs', () => {
    const points = sobolPairs(9);
    const n = 1024;
    let product = 0;
    for (let i = 0; i < n; i++) product += (points.at(i, 0)[0] - 0.5) * (points.at(i, 1)[0] - 0.5) * 12;
    // The correlation of independent numbers would be of the size of 1 / sqrt(n) = 0.03.
    expect(Math.abs(product / n)).toBeLessThan(0.1);
    expect(points.at(3, 0)).not.toEqual(points.at(3, 1));
    expect(sobolPairs(9).at(17, 2)).toEqual(points.at(17, 2));
    expect(sobolPairs(10).at(17, 2)).not.toEqual(points.at(17, 2));
  });
});
