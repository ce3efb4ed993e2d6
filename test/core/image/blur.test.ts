import { describe, expect, it } from 'vitest';
import { gaussianBlur } from '../../../src/core/image/blur.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';

const input = float32([3, 4], [1, 0, 0, 0, 0, 0, 4, 0, 0, 2, 0, 0]);
const expectClose = (actual: ArrayLike<number>, expected: readonly number[]) => {
  for (const [i, value] of expected.entries()) expect(actual[i], `value ${i}`).toBeCloseTo(value, 5);
};

describe('gaussianBlur', () => {
  it.each([
    [
      'reflect',
      [
        0.518586, 0.562275, 0.552374, 0.437662, 0.525106, 0.666595, 0.684902, 0.527564, 0.549583, 0.733178, 0.723744,
        0.51843,
      ],
    ],
    [
      'mirror',
      [
        0.603397, 0.744407, 0.947716, 1.004011, 0.65486, 0.795887, 0.98753, 1.032811, 0.7062, 0.845654, 1.022889,
        1.056052,
      ],
    ],
    [
      'nearest',
      [
        0.568201, 0.508855, 0.424706, 0.247777, 0.489432, 0.645741, 0.631917, 0.37307, 0.456783, 0.696733, 0.635209,
        0.332797,
      ],
    ],
    [
      'constant',
      [
        0.227375, 0.353984, 0.378918, 0.239363, 0.298722, 0.523804, 0.571956, 0.35479, 0.261664, 0.461288, 0.475485,
        0.277093,
      ],
    ],
  ] as const)('equals scipy.ndimage.gaussian_filter with border %s', (border, expected) => {
    expectClose(gaussianBlur(input, 1.2, { border }).data, expected);
  });

  it('blurs along one axis only', () => {
    const { data } = gaussianBlur(input, 0.8, { axes: [1], truncate: 2 });
    expectClose(
      data,
      [0.727629, 0.250442, 0.02193, 0, 0.087719, 0.914049, 1.996466, 1.001767, 0.500884, 0.998233, 0.457024, 0.043859],
    );
  });

  it('keeps channels separate in either layout', () => {
    const planar = float32([1, 2, 3, 4], [...input.data, ...input.data.map((v) => -v)]);
    const packed = float32(
      [1, 3, 4, 2],
      [...input.data].flatMap((v) => [v, -v]),
    );
    const one = gaussianBlur(input, 1.2).data;
    const first = gaussianBlur(planar, 1.2).data;
    const second = gaussianBlur(packed, 1.2, { axes: [1, 2] }).data;
    expectClose(first, [...one, ...one.map((v) => -v)]);
    expectClose(
      second,
      [...one].flatMap((v) => [v, -v]),
    );
  });

  it('returns a copy for sigma 0, and does not change its input', () => {
    const copy = gaussianBlur(input, 0);
    expect(copy).toEqual(input);
    expect(copy.data).not.toBe(input.data);
    const before = input.data.slice();
    gaussianBlur(input, 3);
    expect(input.data).toEqual(before);
  });

  it.each(['reflect', 'mirror', 'nearest'] as const)(
    'keeps a uniform image uniform with border %s and a kernel larger than the image',
    (border) => {
      const { data } = gaussianBlur(float32([1, 5], [3, 3, 3, 3, 3]), 9, { border });
      expectClose(data, [3, 3, 3, 3, 3]);
    },
  );
});
