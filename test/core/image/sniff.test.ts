import { describe, expect, it } from 'vitest';
import { exifOrientation } from '../../../src/core/image/exif.ts';
import { sniff } from '../../../src/core/image/sniff.ts';
import { imageFiles } from './image-files.ts';
import { fineScans, multiScans } from './jpeg-scans.ts';

const text = (content: string) => new TextEncoder().encode(content);
const error = (bytes: Uint8Array) => {
  try {
    sniff(bytes);
  } catch (thrown) {
    return thrown as { code: string; message: string };
  }
  throw new Error('nothing was thrown');
};

describe('sniff', () => {
  it.each([
    ['jpeg', 'image/jpeg', 3, undefined],
    ['progressiveJpeg', 'image/jpeg', 3, undefined],
    ['grayJpeg', 'image/jpeg', 1, undefined],
    ['cmykJpeg', 'image/jpeg', 4, undefined],
    ['rotatedJpeg', 'image/jpeg', 3, 6],
    ['rotatedPng', 'image/png', 3, 6],
    ['palettePng', 'image/png', 3, undefined],
    ['deepPng', 'image/png', 1, undefined],
    ['grayAlphaPng', 'image/png', 2, undefined],
    ['rotatedWebp', 'image/webp', 3, 6],
    ['lossyWebp', 'image/webp', 3, undefined],
    ['losslessWebp', 'image/webp', 3, undefined],
    ['alphaWebp', 'image/webp', 4, undefined],
    ['rotatedLosslessWebp', 'image/webp', 3, 6],
    ['transparentWebp', 'image/webp', 4, undefined],
  ] as const)('reads the header of %s', (name, type, components, orientation) => {
    expect(sniff(imageFiles[name])).toMatchObject({ type, width: 16, height: 12, components });
    expect(sniff(imageFiles[name]).orientation).toBe(orientation);
  });

  it('tells what is decoded as a whole: JPEG of several scans and WebP without loss', () => {
    expect(sniff(imageFiles.progressiveJpeg).coefficients).toBeGreaterThanOrEqual(16 * 12 * 1.5);
    expect(sniff(multiScans).coefficients).toBe(56 * 40 * 1.5);
    expect(sniff(imageFiles.jpeg).coefficients).toBeUndefined();
    expect(sniff(imageFiles.grayJpeg).coefficients).toBeUndefined();
    expect(sniff(imageFiles.losslessWebp).isLossless).toBe(true);
    expect(sniff(imageFiles.rotatedLosslessWebp).isLossless).toBe(true);
    expect(sniff(imageFiles.lossyWebp).isLossless).toBeUndefined();
    expect(sniff(imageFiles.transparentWebp).isLossless).toBeUndefined();
  });

  it('tells that one scan cannot hold components of more than ten blocks to a unit', () => {
    const frame = fineScans.findIndex((byte, i) => byte === 0xff && fineScans[i + 1] === 0xc2);
    expect(sniff(fineScans).isSeparate).toBeUndefined();
    expect(sniff(fineScans.with(frame + 11, 0x44)).isSeparate).toBe(true);
  });

  it('needs the header only', () => {
    const frame = imageFiles.jpeg.indexOf(0xc0, 100);
    expect(sniff(imageFiles.jpeg.subarray(0, frame + 18))).toMatchObject({ width: 16, height: 12 });
    expect(sniff(imageFiles.palettePng.subarray(0, 33))).toMatchObject({ width: 16, height: 12 });
  });

  it('reads from a view of a larger buffer', () => {
    for (const name of ['rotatedJpeg', 'rotatedPng', 'rotatedWebp'] as const) {
      const buffer = new Uint8Array(imageFiles[name].length + 7);
      buffer.set(imageFiles[name], 7);
      expect(sniff(buffer.subarray(7))).toMatchObject({ width: 16, height: 12, orientation: 6 });
    }
  });

  it.each([
    ['bmp', 'BMP'],
    ['gif', 'GIF'],
    ['tiff', 'TIFF'],
    ['animatedWebp', 'animated WebP'],
  ] as const)('names the unsupported format of %s', (name, kind) => {
    expect(error(imageFiles[name])).toMatchObject({
      code: 'unsupported_media_type',
      message: expect.stringContaining(kind),
    });
  });

  it.each([
    ['an AVIF file', '\0\0\0\x1cftypavif\0\0\0\0'],
    ['a HEIC file', '\0\0\0\x18ftypheic\0\0\0\0'],
    ['a JPEG XL file', '\0\0\0\x0cJXL \r\n\x87\n'],
    ['a JPEG 2000 file', '\0\0\0\x0cjP  \r\n\x87\n'],
    ['a TIFF file', 'MM\0*\0\0\0\x08'],
  ])('names %s by its first bytes', (kind, start) => {
    const bytes = Uint8Array.from(start, (c) => c.charCodeAt(0));
    expect(error(bytes)).toMatchObject({ code: 'unsupported_media_type', message: expect.stringContaining(kind) });
  });

  it('tells text and unknown bytes from images', () => {
    expect(error(text('dear model,\nwhat is this?'))).toMatchObject({
      code: 'invalid_image',
      message: expect.stringContaining('look like text'),
    });
    expect(error(text('BMW is a maker of cars'))).toMatchObject({ code: 'invalid_image' });
    expect(error(Uint8Array.of(0, 1, 2, 3, 4, 5, 250))).toMatchObject({ code: 'invalid_image' });
    expect(error(new Uint8Array())).toMatchObject({ code: 'invalid_image', message: expect.stringContaining('empty') });
  });

  it('refuses headers truncated at any length', () => {
    const jpegHeader = imageFiles.jpeg.indexOf(0xc0, 100) + 17;
    for (const [bytes, header] of [
      [imageFiles.jpeg, jpegHeader],
      [imageFiles.palettePng, 33],
      [imageFiles.lossyWebp, imageFiles.lossyWebp.length],
      [imageFiles.losslessWebp, imageFiles.losslessWebp.length],
    ] as const) {
      for (let length = 0; length < header; length++) {
        expect(error(bytes.subarray(0, length)), `${length} bytes`).toMatchObject({ code: 'invalid_image' });
      }
    }
  });

  it('refuses a PNG of no pixels or an unknown colour type', () => {
    const png = imageFiles.palettePng.slice();
    png.fill(0, 16, 20);
    expect(error(png)).toMatchObject({ code: 'invalid_image' });
    const strange = imageFiles.palettePng.slice();
    strange[25] = 7;
    expect(error(strange)).toMatchObject({ code: 'invalid_image' });
  });

  it('skips fill bytes between JPEG segments', () => {
    const { jpeg } = imageFiles;
    const filled = new Uint8Array([...jpeg.subarray(0, 2), 0xff, 0xff, 0xff, ...jpeg.subarray(2)]);
    expect(sniff(filled)).toMatchObject({ width: 16, height: 12 });
  });
});

describe('exifOrientation', () => {
  const block = (little: boolean, value: number, tag = 0x0112) => {
    const view = new DataView(new ArrayBuffer(26));
    view.setUint16(0, little ? 0x4949 : 0x4d4d);
    view.setUint16(2, 42, little);
    view.setUint32(4, 8, little);
    view.setUint16(8, 1, little);
    view.setUint16(10, tag, little);
    view.setUint16(12, 3, little);
    view.setUint32(14, 1, little);
    view.setUint16(18, value, little);
    return new Uint8Array(view.buffer);
  };

  it('reads both byte orders', () => {
    expect(exifOrientation(block(true, 3))).toBe(3);
    expect(exifOrientation(block(false, 8))).toBe(8);
  });

  it('ignores other tags, invalid values and damaged blocks', () => {
    expect(exifOrientation(block(true, 3, 0x0110))).toBeUndefined();
    expect(exifOrientation(block(true, 9))).toBeUndefined();
    expect(exifOrientation(block(true, 0))).toBeUndefined();
    for (let length = 0; length < 22; length++)
      expect(exifOrientation(block(true, 3).subarray(0, length))).toBeUndefined();
    const loose = block(true, 3);
    loose.fill(255, 4, 8);
    expect(exifOrientation(loose)).toBeUndefined();
  });
});
