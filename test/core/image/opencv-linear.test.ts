import { describe, expect, it } from 'vitest';
import { resize } from '../../../src/core/image/resize.ts';

describe('opencv_linear', () => {
  // Computed by OpenCV 5.0.
  const source = {
    width: 4,
    height: 3,
    channels: 1,
    data: Uint8Array.of(0, 50, 100, 250, 7, 19, 200, 33, 255, 128, 64, 1),
  };

  it.each([
    [3, 2, [8, 84, 184, 177, 99, 24]],
    [
      7,
      5,
      [
        0, 18, 46, 75, 111, 196, 250, 3, 15, 35, 89, 141, 155, 163, 7, 11, 18, 110, 188, 93, 33, 156, 130, 89, 101, 111,
        51, 14, 255, 209, 137, 96, 59, 23, 1,
      ],
    ],
    [4, 3, [...source.data]],
  ])('gives %d x %d pixels as OpenCV does', (width, height, expected) => {
    expect([...resize(source, width, height, 'opencv_linear').data]).toEqual(expected);
  });

  it('computes only the requested region', () => {
    const region = { x: 2, y: 1, width: 3, height: 2 };
    const whole = resize(source, 7, 5, 'opencv_linear').data;
    const part = resize(source, 7, 5, 'opencv_linear', region);
    expect([...part.data]).toEqual([1, 2].flatMap((y) => [2, 3, 4].map((x) => whole[y * 7 + x])));
  });
});
