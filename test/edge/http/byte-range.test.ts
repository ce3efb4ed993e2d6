import { describe, expect, it } from 'vitest';
import { byteRange, contentRange } from '../../../src/edge/http/byte-range.ts';

describe('byteRange', () => {
  it.each([
    ['bytes=0-99', { start: 0, end: 100 }],
    ['bytes=900-', { start: 900, end: 1000 }],
    ['bytes=-100', { start: 900, end: 1000 }],
    ['bytes=-5000', { start: 0, end: 1000 }],
    ['Bytes = 990-5000', { start: 990, end: 1000 }],
    ['bytes=999-999', { start: 999, end: 1000 }],
  ])('reads %s of 1000 bytes', (header, range) => {
    expect(byteRange(header, 1000)).toEqual(range);
  });

  it.each([undefined, '', 'bytes=', 'bytes=-', 'bytes=9-3', 'bytes=0-1,4-5', 'rows=0-1', 'bytes=a-b', 'bytes 0-1'])(
    'takes the whole file for %s',
    (header) => {
      expect(byteRange(header, 1000)).toBeUndefined();
    },
  );

  it.each(['bytes=1000-', 'bytes=5000-6000', 'bytes=-0'])('refuses %s of 1000 bytes', (header) => {
    expect(() => byteRange(header, 1000)).toThrowError(expect.objectContaining({ code: 'range_not_satisfiable' }));
  });

  it('names the range and the size in Content-Range', () => {
    expect(contentRange({ start: 0, end: 100 }, 1000)).toBe('bytes 0-99/1000');
  });
});
