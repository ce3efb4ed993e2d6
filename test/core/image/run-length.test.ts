import { describe, expect, it } from 'vitest';
import { decodeRuns, encodeRuns, maskAtSize, RunLengths } from '../../../src/core/image/run-length.ts';

describe('the run-length encoding of masks', () => {
  // Encoded by pycocotools: a mask of 5 x 7 pixels.
  const runs = [6, 3, 2, 3, 2, 1, 1, 1, 2, 3, 6, 1, 4];

  it('is that of COCO', () => expect(encodeRuns([11, 3, 2, 1, 1, 1, 2, 3, 2, 3, 1, 1, 4])).toBe(';32NO01200ON3'));

  it('decodes to the encoded runs', () => expect(decodeRuns(encodeRuns(runs))).toEqual(runs));

  it('supports runs of any length', () => {
    const long = [3_000_000, 1, 40_000_000, 2, 17];
    expect(decodeRuns(encodeRuns(long))).toEqual(long);
  });

  it('merges adjacent runs', () => {
    const mask = new RunLengths();
    mask.add(0, 2);
    mask.add(2, 5);
    mask.add(7, 8);
    expect(decodeRuns(mask.encode(10))).toEqual([0, 5, 2, 1, 2]);
  });

  it('encodes an empty mask as one run', () => expect(decodeRuns(new RunLengths().encode(12))).toEqual([12]));

  it('has no empty run after a mask that ends with its last pixel', () => {
    const mask = new RunLengths();
    mask.add(3, 6);
    expect(decodeRuns(mask.encode(6))).toEqual([3, 3]);
  });
});

describe('a coded mask at another size', () => {
  /** The first column and the lower half of the second, of 4 x 2 pixels. */
  const mask = { size: [4, 2], counts: [0, 4, 2, 2] } as const;
  const rows = (width: number, height: number): string[] => {
    const found = maskAtSize({ ...mask, counts: encodeRuns(mask.counts) }, width, height);
    return Array.from({ length: height }, (_, y) => [...found.subarray(y * width, (y + 1) * width)].join(''));
  };

  it('is the mask itself at its own size', () => expect(rows(2, 4)).toEqual(['10', '10', '11', '11']));

  it('takes the value at the centre of every pixel', () => {
    expect(rows(4, 2)).toEqual(['1100', '1111']);
    expect(rows(1, 1)).toEqual(['1']);
  });

  it('takes plain run lengths as well', () => expect([...maskAtSize(mask, 2, 1)]).toEqual([1, 1]));
});
