import { describe, expect, it } from 'vitest';
import { edgeCodecs } from '../../../src/edge/workerd/codecs/all.ts';
import { EDGE_MAX_PIXELS } from '../../../src/edge/workerd/codecs/chosen.ts';
import { imageFiles } from '../../core/image/image-files.ts';

const codecs = edgeCodecs();

describe('edgeCodecs in workerd', () => {
  // The same values as in Node, where they are compared with Pillow's.
  it.each([
    ['jpeg', [76, 139, 94, 255]],
    ['progressiveJpeg', [76, 139, 94, 255]],
    ['cmykJpeg', [75, 139, 96, 255]],
    ['palettePng', [68, 120, 84, 255]],
    ['grayAlphaPng', [75, 75, 75, 140]],
    ['lossyWebp', [79, 137, 99, 255]],
    ['alphaWebp', [75, 140, 96, 85]],
  ] as const)('decodes %s', async (name, pixel) => {
    const { width, height, data } = await codecs.decode(imageFiles[name]);
    expect([width, height]).toEqual([16, 12]);
    expect([...data.subarray((7 * 16 + 5) * 4, (7 * 16 + 6) * 4)]).toEqual(pixel);
  });

  it('applies the EXIF orientation', async () => {
    expect(await codecs.decode(imageFiles.rotatedJpeg)).toMatchObject({ width: 12, height: 16 });
  });

  it('encodes a PNG that it decodes to the same image', async () => {
    const image = await codecs.decode(imageFiles.alphaWebp);
    expect(await codecs.decode(await codecs.encodePng(image))).toEqual(image);
  });

  it('refuses invalid images and decodes the next one', async () => {
    const refused = async (bytes: Uint8Array, code: string) =>
      expect(codecs.decode(bytes)).rejects.toMatchObject({ code });
    await refused(new Uint8Array(), 'invalid_image');
    await refused(imageFiles.jpeg.subarray(0, 600), 'invalid_image');
    await refused(imageFiles.palettePng.subarray(0, 600), 'invalid_image');
    await refused(imageFiles.lossyWebp.subarray(0, 60), 'invalid_image');
    await refused(imageFiles.gif, 'unsupported_media_type');
    await refused(new TextEncoder().encode('not a picture'), 'invalid_image');
    const huge = imageFiles.palettePng.slice();
    new DataView(huge.buffer).setUint32(16, EDGE_MAX_PIXELS);
    await refused(huge, 'payload_too_large');
    for (const name of ['jpeg', 'palettePng', 'lossyWebp'] as const) {
      expect(await codecs.decode(imageFiles[name])).toMatchObject({ width: 16, height: 12 });
    }
  });
});
