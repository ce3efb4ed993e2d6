import { describe, expect, test } from 'vitest';
import { distance, outliers } from './comparison.ts';

describe('distance', () => {
  const [actual, expected] = [
    [1, 2, 4],
    [1, 2, 2],
  ];

  test('is computed in each norm', () => {
    expect(distance('l2', actual, expected)).toBeCloseTo(2 / 3, 12);
    expect(distance('sum', actual, expected)).toBe(2);
    expect(distance('max', actual, expected)).toBe(2);
    expect(distance('scaled_max', actual, expected)).toBe(1);
  });

  test('is absolute when every expected value is zero', () => {
    expect(distance('l2', [3, 4], [0, 0])).toBe(5);
  });

  test('is infinite for missing and non-finite values', () => {
    expect(distance('l2', [1, Number.NaN], [1, 1])).toBe(Infinity);
    expect(distance('max', [1], [1, 1])).toBe(Infinity);
  });
});

test('outliers counts errors above a thousandth of the largest value', () => {
  expect(outliers([1, 0.5, 0.0005], [1, 0.5005, 0])).toBe(0);
  expect(outliers([1, 0.5, 0.01], [1, 0.51, 0])).toBe(2);
  expect(outliers([Number.NaN], [1])).toBe(1);
});
