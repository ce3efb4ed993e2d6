import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RESIZE_FILTERS, resize, resizeMap } from '../../../src/core/image/resize.ts';

// Random bytes and what Pillow 9.4 makes of them: Image.resize((width, height), filter).
const source = {
  width: 6,
  height: 4,
  channels: 3,
  data: Uint8Array.of(
    ...[95, 130, 194, 217, 207, 235, 15, 163, 33, 215, 217, 130, 248, 189, 16, 69, 184, 232],
    ...[205, 78, 169, 61, 125, 10, 29, 240, 66, 19, 182, 39, 59, 4, 59, 81, 222, 44],
    ...[120, 122, 50, 208, 78, 28, 64, 166, 121, 89, 170, 233, 127, 178, 237, 128, 113, 123],
    ...[76, 155, 69, 154, 130, 248, 95, 73, 192, 186, 191, 127, 220, 161, 231, 1, 43, 139],
  ),
};
const PILLOW: Readonly<Record<string, Readonly<Record<'3x2' | '8x3', number[]>>>> = JSON.parse(
  readFileSync(new URL('pillow-resize.json', import.meta.url), 'utf8'),
);

describe.each(RESIZE_FILTERS.filter((filter) => filter !== 'opencv_linear'))('resize, %s', (filter) => {
  it('equals Pillow for smaller and larger sizes', () => {
    expect([...resize(source, 3, 2, filter).data]).toEqual(PILLOW[filter]?.['3x2']);
    expect([...resize(source, 8, 3, filter).data]).toEqual(PILLOW[filter]?.['8x3']);
  });

  it.each(RESIZE_FILTERS)('resizes the alpha channel of RGBA: %s', (filter) => {
    const rgba = Uint8Array.from({ length: 9 * 7 * 4 }, (_, i) => (i * 89) % 256);
    const rgb = rgba.filter((_, i) => i % 4 < 3);
    const plain = resize({ width: 9, height: 7, channels: 3, data: rgb }, 4, 12, filter);
    // One byte into its buffer, an image cannot be read four bytes at once.
    const shifted = new Uint8Array([0, ...rgba]).subarray(1);
    for (const data of [rgba, shifted]) {
      expect(resize({ width: 9, height: 7, channels: 3, step: 4, data }, 4, 12, filter)).toEqual(plain);
    }
  });

  it('treats any number of channels alike', () => {
    const red = source.data.filter((_, i) => i % 3 === 0);
    const resized = resize({ width: 6, height: 4, channels: 1, data: red }, 8, 3, filter);
    expect([...resized.data]).toEqual(PILLOW[filter]?.['8x3'].filter((_, i) => i % 3 === 0));
  });

  it('computes a region like a crop of the whole', () => {
    const whole = resize(source, 8, 3, filter);
    const region = resize(source, 8, 3, filter, { x: 2, y: 1, width: 5, height: 2 });
    const cut = [1, 2].flatMap((y) => [...whole.data.subarray((y * 8 + 2) * 3, (y * 8 + 7) * 3)]);
    expect(region).toMatchObject({ width: 5, height: 2 });
    expect([...region.data]).toEqual(cut);
  });

  it('copies an image of the same size', () => {
    expect(resize(source, 6, 4, filter).data).toEqual(source.data);
  });

  it('keeps a uniform image uniform', () => {
    const plain = { width: 7, height: 5, channels: 3, data: new Uint8Array(105).fill(201) };
    for (const [width, height] of [
      [1, 1],
      [3, 4],
      [20, 9],
    ] as const) {
      expect(new Set(resize(plain, width, height, filter).data)).toEqual(new Set([201]));
    }
  });
});

describe('resizeMap', () => {
  const map = Float32Array.of(0, 1, 3, 2, -1, 0.5);

  it('equals torch.nn.functional.interpolate(mode="bilinear", align_corners=False)', () => {
    const larger = [
      ...[0, 0.4, 1, 2.2, 3, 0.5, 0.5, 0.5, 1.625, 2.375, 1.5, 0.7, -0.5, 0.475, 1.125, 2, 0.8, -1, -0.1, 0.5],
    ];
    for (const [i, value] of resizeMap(map, [2, 3], [4, 5]).entries())
      expect(value).toBeCloseTo(larger[i] as number, 5);
    expect([...resizeMap(map, [2, 3], [1, 2])]).toEqual([0.75, 1.3125]);
  });

  it('copies a map of the same size', () => {
    expect(resizeMap(map, [2, 3], [2, 3])).toEqual(map);
  });
});
