import { describe, expect, it } from 'vitest';
import { decodeRuns, encodeRuns, RunLengths } from '../../src/tasks/run-length.ts';

describe('run-length code of masks', () => {
  // Encoded by pycocotools: a mask of 5 x 7 pixels.
  const runs = [6, 3, 2, 3, 2, 1, 1, 1, 2, 3, 6, 1, 4];

  it('is the one of COCO', () => expect(encodeRuns([11, 3, 2, 1, 1, 1, 2, 3, 2, 3, 1, 1, 4])).toBe(';32NO01200ON3'));

  it('comes back as it was', () => expect(decodeRuns(encodeRuns(runs))).toEqual(runs));

  it('holds runs of any length', () => {
    const long = [3_000_000, 1, 40_000_000, 2, 17];
    expect(decodeRuns(encodeRuns(long))).toEqual(long);
  });

  it('joins runs that touch', () => {
    const mask = new RunLengths();
    mask.add(0, 2);
    mask.add(2, 5);
    mask.add(7, 8);
    expect(decodeRuns(mask.encode(10))).toEqual([0, 5, 2, 1, 2]);
  });

  it('of an empty mask is one run', () => expect(decodeRuns(new RunLengths().encode(12))).toEqual([12]));

  it('of a mask that ends with its last pixel has no empty run', () => {
    const mask = new RunLengths();
    mask.add(3, 6);
    expect(decodeRuns(mask.encode(6))).toEqual([3, 3]);
  });
});
