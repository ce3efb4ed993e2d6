import { describe, expect, it } from 'vitest';
import { makeImage } from '../../../src/core/image/image.ts';
import { drawPath, outlineMask } from '../../../src/core/image/strokes.ts';

/** Rows of `#` for painted pixels and `.` for others. */
const shown = ({ width, height, data }: ReturnType<typeof makeImage>): string[] =>
  Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => (data[4 * (y * width + x) + 3] === 255 ? '#' : '.')).join(''),
  );

describe('lines on an image', () => {
  it('connect points, and are cut at the edges', () => {
    const image = makeImage(5, 4);
    drawPath(
      image,
      [
        [0.5, 0.5],
        [3.5, 0.5],
        [3.5, 9],
      ],
      1,
      [1, 2, 3],
    );
    expect(shown(image)).toEqual(['####.', '...#.', '...#.', '...#.']);
    expect([...image.data.subarray(0, 4)]).toEqual([1, 2, 3, 255]);
  });

  it('go around a mask', () => {
    const image = makeImage(5, 5);
    const inside = ['.....', '.###.', '.###.', '.###.', '.....'].join('');
    outlineMask(
      image,
      Uint8Array.from(inside, (letter) => Number(letter === '#')),
      1,
      [9, 9, 9],
    );
    expect(shown(image)).toEqual(['.....', '.###.', '.#.#.', '.###.', '.....']);
  });
});
