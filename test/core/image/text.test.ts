import { describe, expect, it } from 'vitest';
import { makeImage } from '../../../src/core/image/image.ts';
import { drawText, fitText, LETTER_WIDTH, textWidth } from '../../../src/core/image/text.ts';

/** Drawn text as lines of # and dots. */
function written(text: string, width: number, height: number, x = 0, y = 0, scale = 1): string[] {
  const image = makeImage(width, height);
  drawText(image, text, x, y, { color: [255, 0, 0], scale });
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => (image.data[(row * width + column) * 4] ? '#' : '.')).join(''),
  );
}

describe('drawText', () => {
  it('draws the pixels of a letter', () => {
    expect(written('A', 5, 7)).toEqual(['.###.', '#...#', '#...#', '#####', '#...#', '#...#', '#...#']);
  });

  it('draws descenders below the baseline', () => {
    expect(written('g_', 11, 9).slice(7)).toEqual(['....#.#####', '.###.......']);
  });

  it('scales each pixel', () => {
    const small = written('k', 5, 9);
    const large = written('k', 10, 18, 0, 0, 2);
    for (const [y, line] of large.entries()) {
      expect(line).toBe([...(small[y >> 1] as string)].map((point) => point + point).join(''));
    }
  });

  it('clips at the edges', () => {
    expect(written('AA', 5, 4, -LETTER_WIDTH, -3)).toEqual(['#####', '#...#', '#...#', '#...#']);
  });

  it('has a distinct glyph for every printable ASCII character, and a box for others', () => {
    const letters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
    const shapes = letters.map((letter) => written(letter, 5, 9).join('\n'));
    expect(new Set(shapes).size).toBe(95);
    const box = written('\u{1f600}', 11, 9).join('\n');
    expect(box).toBe(written('é', 11, 9).join('\n'));
    expect(shapes).not.toContain(written('é', 5, 9).join('\n'));
  });
});

describe('fitText', () => {
  it('keeps a text that fits, and truncates one that does not', () => {
    expect(fitText('grad_cam', textWidth('grad_cam'))).toBe('grad_cam');
    for (const scale of [1, 2]) {
      const short = fitText('grad_cam', textWidth('grad_cam', scale) - 1, scale);
      expect(short).toBe('grad_..');
    }
    expect(fitText('grad_cam', 3)).toBe('');
  });
});
