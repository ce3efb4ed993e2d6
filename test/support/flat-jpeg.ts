/** JPEG files of any size and of a single grey, without an encoder. */
import { imageFiles } from '../core/image/image-files.ts';

/** Start of the data of the scan in the file that the headers are taken from, of its frame and of its scan header. */
const [SCAN, FRAME, SCAN_HEADER] = [328, 89, 318];

export interface FlatJpeg {
  readonly width: number;
  readonly height: number;
  /** EXIF tag 0x0112. */
  readonly orientation?: number;
  /** True for a progressive file, with the scan of the means alone. */
  readonly progressive?: boolean;
}

/** Makes a grey baseline or progressive JPEG: every block has the code of no difference, and of no coefficient. */
export function flatJpeg({ width, height, orientation = 1, progressive = false }: FlatJpeg): Uint8Array {
  const headers = imageFiles.grayJpeg.slice(0, SCAN);
  const view = new DataView(headers.buffer);
  view.setUint16(FRAME + 5, height);
  view.setUint16(FRAME + 7, width);
  if (progressive) {
    headers[FRAME + 1] = 0xc2;
    headers[SCAN_HEADER + 8] = 0;
  }
  const exif = [
    ...[0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1],
    ...[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0],
  ];
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const bits = progressive ? [0, 0, 0] : [0x28, 0xa2, 0x8a]; // 00 and 1010, four times
  const scan = new Uint8Array(Math.ceil((blocks * (progressive ? 2 : 6)) / 8)).map((_, i) => bits[i % 3] as number);
  return new Uint8Array([...headers.subarray(0, 2), ...exif, ...headers.subarray(2), ...scan, 0xff, 0xd9]);
}
