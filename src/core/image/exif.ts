/** The one EXIF field that changes how an image looks. */
import type { Orientation } from './image.ts';

const ORIENTATION = 0x0112;
const [SHORT, LONG] = [3, 4];

/**
 * The orientation in a block of EXIF data (a small TIFF file).
 * @returns undefined when there is none or the block is damaged: a wrong thumbnail is no reason to refuse an image.
 */
export function exifOrientation(tiff: Uint8Array): Orientation | undefined {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (view.byteLength < 8) return undefined;
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return undefined;
  const little = order === 0x4949;
  if (view.getUint16(2, little) !== 42) return undefined;
  const directory = view.getUint32(4, little);
  if (directory + 2 > view.byteLength) return undefined;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * 12;
    if (entry + 12 > view.byteLength) return undefined;
    if (view.getUint16(entry, little) !== ORIENTATION) continue;
    const type = view.getUint16(entry + 2, little);
    const value =
      type === SHORT ? view.getUint16(entry + 8, little) : type === LONG ? view.getUint32(entry + 8, little) : 0;
    return value >= 1 && value <= 8 ? (value as Orientation) : undefined;
  }
  return undefined;
}
