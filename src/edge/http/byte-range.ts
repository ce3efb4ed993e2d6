/** Parts of a file (RFC 9110, 14): one range of bytes. */
import { WhylightError } from '../../core/errors.ts';

/** Bytes from `start` up to and without `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a `Range` header.
 * @param size bytes of the whole file
 * @returns undefined for the whole file: without a header, and for several ranges or another unit, which a server may
 * ignore
 * @throws WhylightError `range_not_satisfiable` where no byte of the range exists
 *
 * @example
 * byteRange('bytes=0-99', 1000); // { start: 0, end: 100 }
 * byteRange('bytes=-100', 1000); // { start: 900, end: 1000 }
 */
export function byteRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first, last] = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)$/i.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  // A range that ends before it starts is invalid, and is ignored.
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (start >= end) throw unsatisfiable(size);
  return { start, end };
}

/** Returns `Content-Range` of a range. */
export const contentRange = ({ start, end }: ByteRange, size: number): string => `bytes ${start}-${end - 1}/${size}`;

const unsatisfiable = (size: number): WhylightError =>
  new WhylightError('range_not_satisfiable', `The file has ${size} bytes, and none of them is in the range.`, { size });
