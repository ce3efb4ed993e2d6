import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import encodeJpeg, { init } from '@jsquash/jpeg/encode.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { jpegCodec } from '../../../../src/core/image/codecs/jpeg.ts';
import { toSequentialJpeg } from '../../../../src/core/image/jpeg/sequential.ts';
import { sniff } from '../../../../src/core/image/sniff.ts';
import { nodeCodecs } from '../../../../src/node/codecs.ts';
import { imageFiles } from '../image-files.ts';
import { fineScans, multiScans } from '../jpeg-scans.ts';

const { resolve } = createRequire(import.meta.url);
const read = async (path: string) => new Uint8Array(await readFile(path));

let turbo: WebAssembly.Module;
beforeAll(async () => {
  turbo = await WebAssembly.compile(await read(resolve('@cwasm/jpeg-turbo/jpeg-turbo.wasm')));
  await init(await WebAssembly.compile(await read(resolve('@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm'))));
});

function pixels(bytes: Uint8Array, reduction: 1 | 2 | 4 | 8): Uint8Array {
  return jpegCodec(turbo).decode(bytes, sniff(bytes), reduction).image.data.slice();
}

/** Compares the pixels that the decoder makes of a file and of the rewritten one. */
function expectSamePixels(bytes: Uint8Array): void {
  const rewritten = toSequentialJpeg(bytes);
  const { coefficients = 0 } = sniff(bytes);
  expect(coefficients).toBeGreaterThan(0);
  expect(sniff(rewritten).coefficients).toBeUndefined();
  expect(rewritten.length).toBeLessThan(1.4 * bytes.length + coefficients / 64 + 1024);
  for (const reduction of [1, 2, 4, 8] as const) {
    expect(Buffer.compare(pixels(rewritten, reduction), pixels(bytes, reduction)), `divided by ${reduction}`).toBe(0);
  }
}

describe('toSequentialJpeg', () => {
  it.each([
    ['one component', { color_space: 1 }],
    ['colours in full', { chroma_subsample: 1 }],
    ['halved colours', { chroma_subsample: 2 }],
    ['the highest quality', { chroma_subsample: 1, quality: 100 }],
    ['the lowest quality', { quality: 1 }],
  ])('gives the same pixels as a progressive photo: %s', async (_, options) => {
    const photo = await nodeCodecs().decode(await read('examples/photos/coffee.jpg'));
    const settings = { quality: 90, progressive: true, auto_subsample: false, ...options };
    expectSamePixels(new Uint8Array(await encodeJpeg(photo as unknown as ImageData, settings)));
  });

  it('gives the same pixels as a progressive file of many scans with restart markers', () => {
    expectSamePixels(fineScans);
  });

  it('gives the same pixels as a sequential file with a scan for each component', () => {
    expectSamePixels(multiScans);
  });

  it('keeps a file of one scan as it looks, CMYK with its marker', () => {
    for (const name of ['jpeg', 'cmykJpeg', 'grayJpeg'] as const) {
      expect(pixels(toSequentialJpeg(imageFiles[name]), 1), name).toEqual(pixels(imageFiles[name], 1));
    }
  });

  it('refuses a file that is cut short anywhere, even with an end marker', () => {
    for (const bytes of [fineScans, multiScans]) {
      for (let length = 2; length < bytes.length - 2; length += 7) {
        expect(() => toSequentialJpeg(bytes.subarray(0, length)), `${length} bytes`).toThrow(Error);
      }
      const scan = bytes.lastIndexOf(0xda);
      const ended = new Uint8Array([...bytes.subarray(0, scan + 12), 0xff, 0xd9]);
      expect(() => toSequentialJpeg(ended)).toThrow(/cut short|restart marker/);
    }
  });

  it('refuses scans that contradict each other', () => {
    const scan = fineScans.findIndex((byte, i) => byte === 0xff && fineScans[i + 1] === 0xda);
    const bits = scan + 4 + 1 + 2 * 3 + 2;
    const changed = (at: number, value: number) => fineScans.with(at, value);
    expect(() => toSequentialJpeg(changed(bits, 0x02))).toThrow('the scans contradict each other');
    expect(() => toSequentialJpeg(changed(bits, 0x53))).toThrow('the bits of a scan are damaged');
    const second = fineScans.findIndex((byte, i) => byte === 0xff && fineScans[i + 1] === 0xda && i > scan);
    expect(() => toSequentialJpeg(changed(second + 8, 0))).toThrow('the coefficients of a scan are damaged');
  });

  it('refuses more scans than writers make, before it reads one', () => {
    const scan = fineScans.findIndex((byte, i) => byte === 0xff && fineScans[i + 1] === 0xda);
    const header = fineScans.subarray(scan, scan + 14);
    const many = Array.from({ length: 65 }, () => [...header, 0, 0]).flat();
    const bytes = new Uint8Array([...fineScans.subarray(0, scan), ...many, 0xff, 0xd9]);
    expect(() => toSequentialJpeg(bytes)).toThrow('there are more than 64 scans');
  });

  it('ends with pixels or an Error for any changed byte', () => {
    for (let at = 2; at < fineScans.length; at += 3) {
      const changed = fineScans.with(at, (fineScans[at] as number) ^ 0x55);
      try {
        toSequentialJpeg(changed);
      } catch (error) {
        expect((error as Error).message, `byte ${at}`).toMatch(/^(a|an|the|there)\b.*[a-z0-9]$/);
      }
    }
  });
});
