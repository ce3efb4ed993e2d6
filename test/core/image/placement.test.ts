import { describe, expect, it } from 'vitest';
import { centered, placeMap } from '../../../src/core/image/placement.ts';
import { resizeMap } from '../../../src/core/image/resize.ts';

const map = { width: 3, height: 2, values: Float32Array.of(0, 1, 3, 2, -1, 0.5) };

describe('placeMap', () => {
  it('resizes a map of the whole image', () => {
    const placed = placeMap(map, { x: 0, y: 0, width: 30, height: 20 }, 30, 20);
    expect(placed.values).toEqual(resizeMap(map.values, [2, 3], [20, 30]));
  });

  it('leaves out pixels outside the crop', () => {
    const placed = placeMap(map, { x: 2, y: 1, width: 3, height: 2 }, 7, 4);
    expect([...placed.values]).toEqual([
      ...[0, 0, 0, 0, 0, 0, 0],
      ...[0, 0, 0, 1, 3, 0, 0],
      ...[0, 0, 2, -1, 0.5, 0, 0],
      ...[0, 0, 0, 0, 0, 0, 0],
    ]);
    expect(placeMap(map, { x: 2, y: 1, width: 3, height: 2 }, 7, 4, { fill: -9 }).values[0]).toBe(-9);
  });

  it('crops the padding', () => {
    const placed = placeMap(map, { x: -1, y: 0, width: 3, height: 2 }, 2, 2);
    expect([...placed.values]).toEqual([1, 3, -1, 0.5]);
  });

  it('keeps sharp edges with nearest interpolation', () => {
    const placed = placeMap(map, { x: 0, y: 0, width: 6, height: 4 }, 6, 4, { sampling: 'nearest' });
    const expected = [0, 0, 1, 1, 3, 3];
    expect([...placed.values.subarray(0, 12)]).toEqual([...expected, ...expected]);
  });

  it('keeps the position of the maximum of a map in the image', () => {
    const peak = { width: 8, height: 8, values: new Float32Array(64) };
    peak.values[2 * 8 + 6] = 1;
    const { values } = placeMap(peak, { x: 100, y: 50, width: 400, height: 400 }, 600, 500);
    const at = values.reduce((best, value, i) => (value > (values[best] as number) ? i : best), 0);
    expect(Math.abs((at % 600) - (100 + 6.5 * 50))).toBeLessThanOrEqual(1);
    expect(Math.abs(Math.floor(at / 600) - (50 + 2.5 * 50))).toBeLessThanOrEqual(1);
  });
});

describe('centered', () => {
  it('rounds halves to even, as Python does', () => {
    expect(
      [
        [5, 2],
        [7, 2],
        [4, 2],
        [2, 5],
        [2, 7],
      ].map(([length, crop]) => centered(length as number, crop as number)),
    ).toEqual([2, 2, 1, -2, -2]);
  });
});
