import { describe, expect, it } from 'vitest';
import { changeOf } from '../../../src/edge/drift/change.ts';
import type { DriftPoint } from '../../../src/edge/drift/history.ts';

const point = (hour: number, left: number, rows = 30) => ({ hour, rows, shares: { left, right: 1 - left } });

describe('changeOf', () => {
  it.each([
    ['equal shares', [point(0, 0.3), point(9, 0.3)], 0],
    ['nothing in common', [point(0, 1), point(9, 0)], 1],
    ['a part that moved', [point(0, 0.7), point(9, 0.4)], 0.3],
    ['points weighed by their rows', [point(0, 1, 60), point(1, 0, 20), point(9, 0)], 0.75],
  ])('is the total variation distance of %s', (_, points, expected) => {
    expect(changeOf({ points }, 5)).toBeCloseTo(expected as number, 12);
  });

  it('counts a group that one side lacks', () => {
    const points: DriftPoint[] = [
      { hour: 0, rows: 30, shares: { left: 1 } },
      { hour: 9, rows: 30, shares: { right: 1 } },
    ];
    expect(changeOf({ points }, 5)).toBe(1);
  });

  it('is not known from few rows', () => {
    expect(changeOf({ points: [point(0, 1, 19), point(9, 0)] }, 5)).toBeUndefined();
    expect(changeOf({ points: [point(9, 0)] }, 5)).toBeUndefined();
  });
});
