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
const PILLOW = {
  nearest: {
    '3x2': [61, 125, 10, 19, 182, 39, 81, 222, 44, 154, 130, 248, 186, 191, 127, 1, 43, 139],
    '8x3': [
      95, 130, 194, 217, 207, 235, 217, 207, 235, 15, 163, 33, 215, 217, 130, 248, 189, 16, 248, 189, 16, 69, 184, 232,
      120, 122, 50, 208, 78, 28, 208, 78, 28, 64, 166, 121, 89, 170, 233, 127, 178, 237, 127, 178, 237, 128, 113, 123,
      76, 155, 69, 154, 130, 248, 154, 130, 248, 95, 73, 192, 186, 191, 127, 220, 161, 231, 220, 161, 231, 1, 43, 139,
    ],
  },
  box: {
    '3x2': [145, 136, 153, 70, 201, 68, 115, 150, 88, 140, 122, 99, 109, 150, 169, 120, 124, 183],
    '8x3': [
      95, 130, 194, 217, 207, 235, 217, 207, 235, 15, 163, 33, 215, 217, 130, 248, 189, 16, 248, 189, 16, 69, 184, 232,
      163, 100, 110, 135, 102, 19, 135, 102, 19, 47, 203, 94, 54, 176, 136, 93, 91, 148, 93, 91, 148, 105, 168, 84, 76,
      155, 69, 154, 130, 248, 154, 130, 248, 95, 73, 192, 186, 191, 127, 220, 161, 231, 220, 161, 231, 1, 43, 139,
    ],
  },
  bilinear: {
    '3x2': [130, 139, 125, 90, 179, 84, 116, 156, 102, 129, 121, 104, 112, 150, 155, 113, 131, 164],
    '8x3': [
      128, 114, 187, 154, 157, 175, 113, 184, 121, 36, 189, 50, 139, 204, 95, 178, 161, 57, 147, 157, 84, 73, 195, 176,
      163, 100, 110, 145, 101, 53, 102, 140, 47, 48, 200, 99, 53, 180, 131, 79, 123, 144, 97, 120, 124, 105, 168, 84,
      89, 145, 63, 140, 126, 138, 139, 110, 178, 94, 112, 169, 148, 174, 160, 179, 173, 205, 135, 128, 196, 39, 64, 134,
    ],
  },
  bicubic: {
    '3x2': [135, 137, 130, 82, 187, 72, 118, 154, 97, 131, 116, 96, 113, 152, 165, 113, 127, 170],
    '8x3': [
      125, 111, 196, 165, 161, 194, 113, 193, 126, 21, 189, 36, 147, 211, 95, 198, 155, 35, 152, 153, 73, 63, 203, 189,
      170, 97, 113, 151, 89, 36, 99, 137, 25, 41, 212, 100, 42, 182, 133, 68, 108, 153, 96, 111, 123, 110, 176, 72, 77,
      151, 51, 147, 129, 145, 149, 100, 200, 92, 98, 175, 157, 178, 161, 204, 191, 223, 142, 129, 210, 34, 48, 134,
    ],
  },
  lanczos3: {
    '3x2': [133, 138, 129, 80, 188, 66, 121, 154, 99, 129, 112, 89, 113, 153, 170, 110, 127, 169],
    '8x3': [
      124, 108, 198, 170, 162, 206, 103, 199, 121, 18, 190, 35, 139, 214, 87, 198, 148, 19, 143, 147, 67, 56, 210, 193,
      174, 97, 118, 155, 79, 28, 93, 139, 6, 39, 221, 103, 32, 187, 134, 58, 94, 157, 95, 110, 119, 114, 183, 65, 67,
      154, 42, 153, 135, 143, 160, 89, 211, 89, 95, 173, 156, 173, 166, 230, 216, 235, 140, 128, 216, 35, 39, 137,
    ],
  },
};

describe.each(RESIZE_FILTERS.filter((filter) => filter !== 'opencv_linear'))('resize, %s', (filter) => {
  it('equals Pillow for smaller and larger sizes', () => {
    expect([...resize(source, 3, 2, filter).data]).toEqual(PILLOW[filter]['3x2']);
    expect([...resize(source, 8, 3, filter).data]).toEqual(PILLOW[filter]['8x3']);
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
    expect([...resized.data]).toEqual(PILLOW[filter]['8x3'].filter((_, i) => i % 3 === 0));
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
