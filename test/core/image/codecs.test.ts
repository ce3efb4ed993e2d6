import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import encodeJpeg, { init as initJpeg } from '@jsquash/jpeg/encode.js';
import { describe, expect, it, vi } from 'vitest';
import { allImageCodecs } from '../../../src/core/image/codecs/all-codecs.ts';
import type { ImageCodecs } from '../../../src/core/image/codecs/codecs.ts';
import { type Image, makeImage } from '../../../src/core/image/image.ts';
import { reduceImage } from '../../../src/core/image/reduce.ts';
import { nodeCodecs } from '../../../src/node/codecs.ts';
import { imageFiles } from './image-files.ts';

const { resolve } = createRequire(import.meta.url);

const codecs = nodeCodecs();
const pixel = ({ width, data }: Image, x: number, y: number) => [
  ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4),
];
/** An image with enough detail that its files are more than headers. */
const detailed = (width: number, height: number) =>
  makeImage(
    width,
    height,
    Uint8Array.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * i * 7919) >> 5)),
  );

/** With a marker for the end in a place of one's choice. */
const endingAt = (bytes: Uint8Array, length: number) => new Uint8Array([...bytes.subarray(0, length), 0xff, 0xd9]);

describe('decode', () => {
  // What Pillow reads from the same files.
  it.each([
    ['jpeg', [1, 2, 0, 255], [76, 139, 94, 255]],
    ['progressiveJpeg', [1, 2, 0, 255], [76, 139, 94, 255]],
    ['grayJpeg', [1, 1, 1, 255], [115, 115, 115, 255]],
    ['cmykJpeg', [3, 0, 2, 255], [75, 139, 96, 255]],
    ['palettePng', [45, 10, 28, 255], [68, 120, 84, 255]],
    ['deepPng', [0, 0, 0, 255], [85, 85, 85, 255]],
    ['grayAlphaPng', [0, 0, 0, 0], [75, 75, 75, 140]],
    ['lossyWebp', [1, 4, 0, 255], [79, 137, 99, 255]],
    ['losslessWebp', [0, 0, 0, 255], [75, 140, 96, 255]],
    ['alphaWebp', [0, 0, 0, 0], [75, 140, 96, 85]],
    ['transparentWebp', [73, 63, 66, 0], [74, 140, 97, 85]],
  ] as const)('decodes %s', async (name, first, inner) => {
    const image = await codecs.decode(imageFiles[name]);
    expect(image).toMatchObject({ width: 16, height: 12 });
    expect(image.data).toHaveLength(16 * 12 * 4);
    expect(pixel(image, 0, 0)).toEqual(first);
    expect(pixel(image, 5, 7)).toEqual(inner);
  });

  it.each(['rotatedJpeg', 'rotatedPng', 'rotatedWebp'] as const)('applies the EXIF orientation of %s', async (name) => {
    const image = await codecs.decode(imageFiles[name]);
    expect(image).toMatchObject({ width: 12, height: 16 });
    const stored = pixel(image, 11 - 7, 5); // column 5, row 7 of the stored image
    for (const [c, value] of [75, 140, 96, 255].entries())
      expect(Math.abs((stored[c] as number) - value)).toBeLessThan(4);
  });

  it('accepts a view of a larger buffer', async () => {
    for (const name of ['jpeg', 'palettePng', 'losslessWebp'] as const) {
      const buffer = new Uint8Array(imageFiles[name].length + 10).fill(7);
      buffer.set(imageFiles[name], 3);
      expect(await codecs.decode(buffer.subarray(3, 3 + imageFiles[name].length))).toEqual(
        await codecs.decode(imageFiles[name]),
      );
    }
  });

  it('ignores bytes after the end of a JPEG or PNG', async () => {
    for (const name of ['jpeg', 'progressiveJpeg', 'palettePng'] as const) {
      const longer = new Uint8Array([...imageFiles[name], ...imageFiles.jpeg.subarray(0, 50), 0, 1, 2]);
      expect(await codecs.decode(longer)).toEqual(await codecs.decode(imageFiles[name]));
    }
  });

  it('accepts a JPEG with a few bytes too many before its end', async () => {
    const { jpeg } = imageFiles;
    const longer = new Uint8Array([...jpeg.subarray(0, -2), 1, 2, 3, ...jpeg.subarray(-2)]);
    expect(await codecs.decode(longer)).toEqual(await codecs.decode(jpeg));
  });

  it('refuses a JPEG truncated anywhere, even with an end marker', async () => {
    for (const name of ['jpeg', 'progressiveJpeg'] as const) {
      const bytes = imageFiles[name];
      for (let length = 2; length < bytes.length; length += 5) {
        await expect(codecs.decode(bytes.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({
          code: 'invalid_image',
        });
      }
      for (const missing of [45, 25, 12]) {
        const hidden = endingAt(bytes, bytes.length - missing);
        await expect(codecs.decode(hidden), `${missing} bytes missing`).rejects.toMatchObject({
          code: 'invalid_image',
        });
      }
    }
  });

  it('refuses truncated PNG and WebP files', async () => {
    const png = await codecs.encodePng(detailed(20, 20));
    for (const bytes of [png, imageFiles.palettePng, imageFiles.lossyWebp, imageFiles.losslessWebp]) {
      for (let length = 8; length < bytes.length - 12; length += 7) {
        await expect(codecs.decode(bytes.subarray(0, length)), `${length} bytes`).rejects.toMatchObject({
          code: 'invalid_image',
        });
      }
    }
  });

  it('refuses a PNG with any flipped bit', async () => {
    const png = await codecs.encodePng(detailed(6, 5));
    for (let at = 0; at < png.length; at += 3) {
      const damaged = png.slice();
      damaged[at] = (damaged[at] as number) ^ 0x40;
      await expect(codecs.decode(damaged), `byte ${at}`).rejects.toMatchObject({ code: 'invalid_image' });
    }
  });

  it('decodes the next image after every kind of failure', async () => {
    const bad: readonly Uint8Array[] = [
      new Uint8Array(),
      new TextEncoder().encode('text in a file named photo.png'),
      imageFiles.jpeg.subarray(0, 500),
      endingAt(imageFiles.jpeg, 640),
      imageFiles.palettePng.subarray(0, 500),
      imageFiles.lossyWebp.subarray(0, 60),
      new Uint8Array([
        ...imageFiles.lossyWebp.subarray(0, 40),
        ...new Uint8Array(imageFiles.lossyWebp.length - 40).fill(255),
      ]),
    ];
    for (const bytes of bad) await expect(codecs.decode(bytes)).rejects.toMatchObject({ code: 'invalid_image' });
    await expect(codecs.decode(imageFiles.gif)).rejects.toMatchObject({ code: 'unsupported_media_type' });
    for (const name of ['jpeg', 'palettePng', 'lossyWebp'] as const) {
      expect(await codecs.decode(imageFiles[name])).toMatchObject({ width: 16, height: 12 });
    }
  });

  it('decodes several images concurrently', async () => {
    const names = ['jpeg', 'palettePng', 'lossyWebp', 'progressiveJpeg', 'jpeg', 'deepPng'] as const;
    const together = await Promise.all(names.map((name) => codecs.decode(imageFiles[name])));
    for (const [i, name] of names.entries()) expect(together[i]).toEqual(await codecs.decode(imageFiles[name]));
  });
});

describe('decode of large images', () => {
  const WIDTH = 2100;
  const HEIGHT = 1001;
  /** A smooth pattern, which survives JPEG. */
  const smooth = makeImage(
    WIDTH,
    HEIGHT,
    Uint8Array.from({ length: WIDTH * HEIGHT * 4 }, (_, i) => {
      const [x, y] = [(i >> 2) % WIDTH, Math.floor((i >> 2) / WIDTH)];
      return i % 4 === 3 ? 255 : 127 + 120 * Math.sin(x / (90 + 20 * (i % 4)) + y / 70);
    }),
  );
  const encoders = {
    jpeg: async () => {
      const wasm = await WebAssembly.compile(await readFile(resolve('@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm')));
      await initJpeg(wasm);
      return new Uint8Array(await encodeJpeg(smooth as unknown as ImageData, { quality: 95, progressive: false }));
    },
    png: () => codecs.encodePng(smooth),
  };

  it.each(['jpeg', 'png'] as const)('gives the averages of 2x2 blocks of a %s', async (kind) => {
    const bytes = await encoders[kind]();
    const image = await codecs.decode(bytes);
    expect(image).toMatchObject({ width: 1050, height: 501, original: { width: WIDTH, height: HEIGHT } });
    const expected = reduceImage(smooth, 2);
    let largest = 0;
    for (const [i, value] of image.data.entries()) {
      largest = Math.max(largest, Math.abs(value - (expected.data[i] as number)));
    }
    expect(largest).toBeLessThanOrEqual(kind === 'png' ? 0 : 6);
    const full = await codecs.decode(bytes, { detail: Number.POSITIVE_INFINITY });
    expect(full).toMatchObject({ width: WIDTH, height: HEIGHT });
    expect(full.original).toBeUndefined();
  });

  it('keeps the detail that is asked for', async () => {
    const png = await encoders.png();
    expect(await codecs.decode(png, { detail: 200 })).toMatchObject({ width: 263, height: 126 });
    expect(await codecs.decode(png, { detail: 1051 })).toMatchObject({ width: WIDTH });
  });

  it('refuses what would take more memory than allowed, and says how much it takes', async () => {
    const tight = nodeCodecs({ maxBytes: 25_000_000 });
    expect(await tight.decode(await encoders.jpeg())).toMatchObject({ width: 1050 });
    await expect(tight.decode(await encoders.png())).rejects.toMatchObject({
      code: 'payload_too_large',
      message: expect.stringContaining('decoding a PNG of that size takes'),
    });
  });
});

describe('limits of decode', () => {
  const sized = (name: 'jpeg' | 'palettePng', width: number, height: number) => {
    const bytes = imageFiles[name].slice();
    const view = new DataView(bytes.buffer);
    if (name === 'jpeg') {
      const frame = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
      view.setUint16(frame + 5, height);
      view.setUint16(frame + 7, width);
    } else {
      view.setUint32(16, width);
      view.setUint32(20, height);
    }
    return bytes;
  };

  it.each(['jpeg', 'palettePng'] as const)(
    'refuses a %s with 30000x30000 in its header before decoding',
    async (name) => {
      const modules = { jpeg: vi.fn(), png: vi.fn(), webp: vi.fn() };
      const strict = allImageCodecs(modules, { maxPixels: 50_000_000 });
      await expect(strict.decode(sized(name, 30000, 30000))).rejects.toMatchObject({
        code: 'payload_too_large',
        message: expect.stringContaining('30000x30000'),
        details: { width: 30000, height: 30000, max_pixels: 50_000_000 },
      });
      for (const load of Object.values(modules)) expect(load).not.toHaveBeenCalled();
    },
  );

  it.each([
    ['lossyWebp', 4.2],
    ['transparentWebp', 10.2],
    ['losslessWebp', 8.2],
    ['rotatedLosslessWebp', 8.2],
  ] as const)('counts the memory that a large %s takes: %s bytes for each pixel', async (name, each) => {
    const bytes = imageFiles[name].slice();
    const view = new DataView(bytes.buffer);
    const [width, height] = [4000, 3000];
    const kind = bytes[15] as number;
    if (kind === 'X'.charCodeAt(0)) {
      view.setUint16(24, width - 1, true);
      view.setUint16(27, height - 1, true);
    } else if (kind === 'L'.charCodeAt(0)) view.setUint32(21, (width - 1) | ((height - 1) << 14), true);
    else {
      view.setUint16(26, width, true);
      view.setUint16(28, height, true);
    }
    const tight = nodeCodecs({ maxBytes: 1_000_000 });
    await expect(tight.decode(bytes)).rejects.toMatchObject({
      code: 'payload_too_large',
      details: { width, height, bytes: Math.round(each * width * height) + bytes.length + 2000 * 1500 * 4 },
    });
  });

  it('accepts an image exactly at the limit', async () => {
    expect(await nodeCodecs({ maxPixels: 16 * 12 }).decode(imageFiles.jpeg)).toMatchObject({ width: 16 });
    await expect(nodeCodecs({ maxPixels: 16 * 12 - 1 }).decode(imageFiles.jpeg)).rejects.toMatchObject({
      code: 'payload_too_large',
    });
  });

  it('refuses a header that claims more pixels than the data holds', async () => {
    await expect(codecs.decode(sized('palettePng', 16, 200))).rejects.toMatchObject({ code: 'invalid_image' });
    await expect(codecs.decode(sized('jpeg', 16, 2000))).rejects.toMatchObject({ code: 'invalid_image' });
  });
});

describe('loading of codecs', () => {
  it('loads a codec on first use, and reports a failed load with its cause', async () => {
    const load = vi.fn(() => Promise.reject(new Error('no such file')));
    const lazy: ImageCodecs = allImageCodecs({ jpeg: load, png: load, webp: load }, { maxPixels: 1000 });
    expect(load).not.toHaveBeenCalled();
    await expect(lazy.decode(imageFiles.jpeg)).rejects.toThrow('no such file');
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('uses an instance with much memory again as long as it is there', async () => {
    const bytes = await readFile(resolve('@cwasm/jpeg-turbo/jpeg-turbo.wasm'));
    const load = vi.fn(() => WebAssembly.compile(bytes));
    const forgetful = allImageCodecs({ jpeg: load, png: load, webp: load }, { maxPixels: 1000, keepBytes: 0 });
    await forgetful.decode(imageFiles.jpeg);
    await forgetful.decode(imageFiles.jpeg);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('looks for the place of warnings once, after the first of them', async () => {
    const file = await WebAssembly.compile(await readFile(resolve('@cwasm/jpeg-turbo/jpeg-turbo.wasm')));
    const load = async () => file;
    const fresh = allImageCodecs({ jpeg: load, png: load, webp: load }, { maxPixels: 1000 });
    const { jpeg } = imageFiles;
    const longer = new Uint8Array([...jpeg.subarray(0, -2), 1, 2, 3, ...jpeg.subarray(-2)]);
    const expected = await codecs.decode(jpeg);
    const started = vi.spyOn(WebAssembly, 'Instance');
    try {
      await fresh.decode(jpeg);
      expect(started).toHaveBeenCalledTimes(1);
      for (let i = 0; i < 2; i++) expect(await fresh.decode(longer)).toEqual(expected);
      expect(started).toHaveBeenCalledTimes(2);
      await expect(fresh.decode(endingAt(jpeg, jpeg.length - 25))).rejects.toThrow('premature end of data segment');
    } finally {
      started.mockRestore();
    }
  });

  it('gives the same image without a cached instance', async () => {
    const forgetful = nodeCodecs({ keepBytes: 0 });
    for (const name of ['jpeg', 'palettePng', 'lossyWebp'] as const) {
      expect(await forgetful.decode(imageFiles[name])).toEqual(await codecs.decode(imageFiles[name]));
    }
  });
});

describe('encodePng', () => {
  it('is lossless', async () => {
    const image = detailed(37, 23);
    image.data[3] = 0;
    image.data[7] = 120;
    expect(await codecs.decode(await codecs.encodePng(image))).toEqual(image);
  });

  it('accepts a view of a larger buffer', async () => {
    const { width, height, data } = detailed(5, 4);
    const buffer = new Uint8Array(data.length + 9);
    buffer.set(data, 9);
    const again = await codecs.decode(await codecs.encodePng({ width, height, data: buffer.subarray(9) }));
    expect(again.data).toEqual(data);
  });

  it('refuses bytes that do not match the size', async () => {
    await expect(codecs.encodePng({ width: 3, height: 3, data: new Uint8Array(35) })).rejects.toMatchObject({
      code: 'invalid_image',
    });
  });
});
