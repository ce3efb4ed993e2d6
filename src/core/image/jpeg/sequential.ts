/**
 * Rewriting of JPEG files of several scans, progressive ones above all, as files of one. A decoder must keep all
 * coefficients of the former until the last scan, 36 MB for 12 megapixels; those of one scan are decoded row by row. The
 * coefficients stay the same, and so do the pixels.
 */
import type { Frame } from './frame.ts';
import { readParts, type Scan } from './parts.ts';
import { Blocks, ScanReader } from './scan-reader.ts';
import { SequentialWriter } from './sequential-writer.ts';

/** Length of a rewritten file over that of the progressive one, more or less. */
const GROWTH = 1.2;

/**
 * Rewrites a file. All scans are read in step, one row of units of each, so that no more than a row is held.
 * @param bytes file in Huffman codes, 8 bits per component, with at most 10 blocks in a unit of its components (B.2.3)
 * @returns a sequential file with the same coefficients, quantisation and colours, without EXIF and colour profile
 * @throws Error for a damaged file
 * @see https://www.w3.org/Graphics/JPEG/itu-t81.pdf annex G
 */
export function toSequentialJpeg(bytes: Uint8Array): Uint8Array {
  const parts = readParts(bytes);
  const { frame, scans } = parts;
  refuseContradictions(frame, scans);
  const readers = scans.map((scan) => new ScanReader(bytes, frame, scan));
  const writer = new SequentialWriter(parts, Math.ceil(GROWTH * bytes.length) + 4096);
  const row = frame.components.map(({ h, v }) => new Blocks(frame.unitsWide * h * v));
  for (let y = 0; y < frame.unitsHigh; y++) {
    for (const blocks of row) blocks.clear();
    for (const reader of readers) reader.readRow(y, row);
    writer.writeRow(row);
  }
  return writer.end();
}

/** Refuses scans that do not go on where those before them have ended (G.1.1.1). */
function refuseContradictions({ components, isProgressive }: Frame, scans: readonly Scan[]): void {
  // Lowest bit that is known, by component and coefficient.
  const known = components.map(() => new Int8Array(64).fill(-1));
  for (const { components: indices, from, to, high, low } of scans) {
    const isBand = from > 0 && to >= from && to <= 63 && indices.length === 1;
    if (isProgressive && !isBand && (from > 0 || to > 0)) throw new Error('the coefficients of a scan are damaged');
    if (low > 13 || (high > 0 && high !== low + 1)) throw new Error('the bits of a scan are damaged');
    for (const index of indices) {
      const bits = known[index] as Int8Array;
      const isNext = bits.subarray(from, to + 1).every((bit) => Math.max(bit, 0) === high && (high > 0 || bit < 0));
      if (!isNext || (from > 0 && (bits[0] as number) < 0)) throw new Error('the scans contradict each other');
      bits.fill(low, from, to + 1);
    }
  }
}
