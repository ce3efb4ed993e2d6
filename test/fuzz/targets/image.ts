/** JPEG, PNG and WebP files. Half of the PNG files get right checksums again, so that mutations reach what is behind them. */
import { crc32 } from 'node:zlib';
import { nodeCodecs } from '../../../src/node/codecs.ts';
import { imageFiles } from '../../core/image/image-files.ts';
import type { Draw } from '../draw.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { FuzzFault, type FuzzTarget } from '../target.ts';

const MAX_PIXELS = 4_000_000;
const codecs = nodeCodecs({ maxPixels: MAX_PIXELS });
const seeds = Object.values(imageFiles);
const isPng = (bytes: Uint8Array): boolean => bytes[0] === 0x89 && bytes[1] === 0x50;

export default {
  id: 'image',
  seeds,
  mutate: (seed, draw) => repaired(mutateBytes(seed, draw, seeds), draw),
  async run(bytes) {
    const { width, height, data } = await codecs.decode(bytes);
    if (width * height > MAX_PIXELS || data.length !== 4 * width * height) {
      throw new FuzzFault(`The image of ${width} x ${height} pixels has ${data.length} bytes.`);
    }
    return 'accepted';
  },
} satisfies FuzzTarget;

function repaired(bytes: Uint8Array, draw: Draw): Uint8Array {
  if (!isPng(bytes) || draw.oneIn(2)) return bytes;
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (let at = 8; at + 12 <= copy.length; ) {
    const length = view.getUint32(at);
    if (at + 12 + length > copy.length) break;
    view.setUint32(at + 8 + length, crc32(copy.subarray(at + 4, at + 8 + length)));
    at += 12 + length;
  }
  return copy;
}
