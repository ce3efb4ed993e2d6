import { describe, expect, it } from 'vitest';
import { contactSheet } from '../../../src/core/image/contact-sheet.ts';
import { type Image, makeImage } from '../../../src/core/image/image.ts';

const plain = (width: number, height: number, value: number): Image =>
  makeImage(
    width,
    height,
    new Uint8Array(width * height * 4).fill(255).map((_, i) => (i % 4 === 3 ? 255 : value)),
  );
const at = ({ width, data }: Image, x: number, y: number) => [
  ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3),
];

describe('contactSheet', () => {
  const cells = [10, 20, 30].map((value) => ({ label: `cell ${value}`, image: plain(80, 70, value) }));

  it('arranges opaque cells of equal size in rows and columns', () => {
    const sheet = contactSheet(cells, { columns: 2 });
    const [stepRight, stepDown] = [80 + 8, 70 + 11 + 8];
    expect(sheet).toMatchObject({ width: 8 + 2 * stepRight, height: 8 + 2 * stepDown });
    for (const [i, value] of [10, 20, 30].entries()) {
      const [x, y] = [8 + (i % 2) * stepRight, 8 + (i >> 1) * stepDown];
      expect(at(sheet, x, y)).toEqual([value, value, value]);
      expect(at(sheet, x + 79, y + 69)).toEqual([value, value, value]);
      expect(at(sheet, x - 1, y)).toEqual([255, 255, 255]);
    }
    for (let i = 3; i < sheet.data.length; i += 4) if (sheet.data[i] !== 255) expect(i).toBe('opaque');
  });

  it('writes each label below its cell only', () => {
    const [labelled, bare] = [cells, cells.map((cell) => ({ ...cell, label: '' }))].map((each) => contactSheet(each));
    const { width, data } = labelled as Image;
    const rows = new Set<number>();
    for (let i = 0; i < data.length; i += 4) {
      if (data[i] !== (bare as Image).data[i]) rows.add(Math.floor(i / 4 / width) % (70 + 11 + 8));
    }
    expect(Math.min(...rows)).toBeGreaterThanOrEqual((8 + 70) % 89);
    expect(rows.size).toBeGreaterThan(5);
    expect(rows.size).toBeLessThanOrEqual(9);
  });

  it('centres a smaller image, and writes the error into an empty cell', () => {
    const sheet = contactSheet(
      [cells[0] as (typeof cells)[0], { label: 'b', image: plain(40, 70, 5) }, { label: 'c', note: 'method_failed' }],
      { columns: 3 },
    );
    expect(at(sheet, 8 + 88 + 19, 10)).toEqual([255, 255, 255]);
    expect(at(sheet, 8 + 88 + 20, 10)).toEqual([5, 5, 5]);
    expect(at(sheet, 8 + 88 + 60, 10)).toEqual([255, 255, 255]);
    expect(at(sheet, 8 + 176, 8)).toEqual([228, 228, 231]);
    const reds = Array.from({ length: 80 * 70 }, (_, i) => at(sheet, 8 + 176 + (i % 80), 8 + Math.floor(i / 80)));
    expect(reds.some(([r = 0, g = 0]) => r > g + 100)).toBe(true);
  });
});
