import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gaussianBlur } from '../../../src/core/image/blur.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';

const input = float32([3, 4], [1, 0, 0, 0, 0, 0, 4, 0, 0, 2, 0, 0]);
const expectClose = (actual: ArrayLike<number>, expected: readonly number[]) => {
  for (const [i, value] of expected.entries()) expect(actual[i], `value ${i}`).toBeCloseTo(value, 5);
};

const BORDERS = ['reflect', 'mirror', 'nearest', 'constant'] as const;
/** Results of SciPy for the input, by border. */
const SCIPY: Readonly<Record<(typeof BORDERS)[number], number[]>> = JSON.parse(
  readFileSync(new URL('scipy-blur.json', import.meta.url), 'utf8'),
);

describe('gaussianBlur', () => {
  it.each(BORDERS)('equals scipy.ndimage.gaussian_filter with border %s', (border) => {
    expectClose(gaussianBlur(input, 1.2, { border }).data, SCIPY[border]);
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
