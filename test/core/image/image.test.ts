import { describe, expect, it } from 'vitest';
import { flatten, makeImage, type Orientation, orient } from '../../../src/core/image/image.ts';

describe('orient', () => {
  // Stored as a b / c d / e f; each letter in the red channel.
  const stored = makeImage(
    2,
    3,
    Uint8Array.from('abcdef', (c) => c.charCodeAt(0)).reduce<Uint8Array>(spread, new Uint8Array(24)),
  );
  function spread(data: Uint8Array, red: number, i: number) {
    data.set([red, i, 0, 255], i * 4);
    return data;
  }
  const letters = (orientation: Orientation) => {
    const { width, height, data } = orient(stored, orientation);
    const reds = Array.from({ length: width * height }, (_, i) => String.fromCharCode(data[i * 4] as number));
    return Array.from({ length: height }, (_, y) => reds.slice(y * width, (y + 1) * width).join('')).join(' ');
  };

  it.each([
    [1, 'ab cd ef'],
    [2, 'ba dc fe'],
    [3, 'fe dc ba'],
    [4, 'ef cd ab'],
    [5, 'ace bdf'],
    [6, 'eca fdb'],
    [7, 'fdb eca'],
    [8, 'bdf ace'],
  ] as const)('applies EXIF orientation %i', (orientation, expected) => {
    expect(letters(orientation)).toBe(expected);
  });

  it('works on a view that is not aligned to four bytes', () => {
    const buffer = new Uint8Array(25);
    buffer.set(stored.data, 1);
    expect(orient({ ...stored, data: buffer.subarray(1) }, 3).data).toEqual(orient(stored, 3).data);
  });
});

describe('flatten', () => {
  it('composites transparent pixels over the background', () => {
    const image = makeImage(3, 1, Uint8Array.of(10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 100, 51));
    expect([...flatten(image).data]).toEqual([10, 20, 30, 255, 255, 255, 255, 255, 204, 204, 224, 255]);
    expect([...flatten(image, [1, 2, 3]).data].slice(4, 8)).toEqual([1, 2, 3, 255]);
    expect(image.data[7]).toBe(0);
  });

  it('does not copy an opaque image', () => {
    const image = makeImage(1, 1, Uint8Array.of(1, 2, 3, 255));
    expect(flatten(image)).toBe(image);
  });
});

describe('makeImage', () => {
  it('refuses sizes and bytes that do not match', () => {
    expect(() => makeImage(0, 3)).toThrow(/at least 1/);
    expect(() => makeImage(1.5, 3)).toThrow(/at least 1/);
    expect(() => makeImage(2, 2, new Uint8Array(12))).toThrow(/16 bytes, but 12/);
  });
});
