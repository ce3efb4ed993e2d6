import { describe, expect, it } from 'vitest';
import { decodeRuns, encodeRuns, RunLengths } from '../../src/tasks/run-length.ts';

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
