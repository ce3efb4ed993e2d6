import { describe, expect, it } from 'vitest';
import { gaussianOverlap, iou } from '../../../src/tasks/detection/overlap.ts';
import { suppress } from '../../../src/tasks/detection/suppress.ts';

describe('iou', () => {
  it.each([
    [[0, 0, 10, 10], [0, 0, 10, 10], 1],
    [[0, 0, 10, 10], [5, 0, 15, 10], 1 / 3],
    [[0, 0, 10, 10], [10, 0, 20, 10], 0],
    [[0, 0, 0, 0], [0, 0, 0, 0], 0],
  ])('of %j and %j is %d', (a, b, expected) => expect(iou(a, 0, b, 0)).toBeCloseTo(expected, 12));
});

describe('gaussianOverlap', () => {
  const box = { x: 50, y: 40, width: 30, height: 10, angle: 0.3 };
  // Computed by the authors' implementation in float32.
  it.each([
    [{ x: 52, y: 41, width: 28, height: 12, angle: 0.5 }, 0.7955],
    [{ ...box, angle: 1.87 }, 0.3675],
    [{ ...box, x: 90 }, 0.0054],
  ])('with the rotated box %j has the published value', (other, expected) => {
    expect(gaussianOverlap(box, other)).toBeCloseTo(expected, 3);
  });

  it('is 1 for equal boxes and 0 for a box without area', () => {
    expect(gaussianOverlap(box, box)).toBeCloseTo(1, 6);
    expect(gaussianOverlap(box, { ...box, width: 0 })).toBeCloseTo(0, 3);
  });
});

describe('suppress', () => {
  const boxes = Float64Array.from([0, 0, 10, 10, 1, 0, 11, 10, 2, 0, 12, 10, 0, 0, 10, 10]);

  it('keeps the best of overlapping boxes, and boxes of other classes', () => {
    const input = { boxes, scores: [0.5, 0.9, 0.8, 0.7], classes: [0, 0, 0, 1] };
    expect(suppress(input, 0.5, 10)).toEqual([1, 3]);
    expect(suppress(input, 0.9, 10)).toEqual([1, 2, 3, 0]);
    expect(suppress(input, 0.9, 2)).toEqual([1, 2]);
  });

  it('prefers the earlier of equal scores', () => {
    expect(suppress({ boxes, scores: [0.5, 0.5, 0.5, 0.5], classes: [0, 0, 0, 0] }, 0.5, 10)).toEqual([0]);
  });
});
