import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type Image, makeImage, type Orientation, orient } from '../../../src/core/image/image.ts';
import { inOriginalPixels, resizePlaced } from '../../../src/core/image/placement.ts';
import { parsePreprocessing, preprocess, tensorDetail } from '../../../src/core/image/preprocess.ts';
import { reduceImage } from '../../../src/core/image/reduce.ts';
import { resize } from '../../../src/core/image/resize.ts';
import { nodeCodecs } from '../../../src/node/codecs.ts';
import { imageFiles } from './image-files.ts';

const codecs = nodeCodecs();
const photos = ['airplane', 'bird', 'bird-on-rail', 'cat', 'coffee', 'dogs', 'rocket', 'ship', 'tabby'];
const photo = async (name: string) => new Uint8Array(await readFile(`examples/photos/${name}.jpg`));

/** A ramp from left to right and from top to bottom. */
const ramp = (width: number, height: number) =>
  makeImage(
    width,
    height,
    Uint8Array.from({ length: width * height * 4 }, (_, i) => {
      const at = i >> 2;
      return [5 * (at % width), 5 * Math.floor(at / width), 0, 255][i % 4] as number;
    }),
  );

/** As a decoder gives it. */
function reducedBy(image: Image, factor: number): Image {
  const { width, height } = image;
  return {
    ...reduceImage(image, factor),
    original: { width, height },
    covered: { x: 0, y: 0, width: width / factor, height: height / factor },
  };
}

const levels = (image: Image, preprocessing: Parameters<typeof parsePreprocessing>[0]) =>
  preprocess(image, parsePreprocessing({ ...(preprocessing as object), scale: 1 })).tensor.data;

describe('preprocess of a reduced image', () => {
  it.each(['bilinear', 'bicubic', 'lanczos3', 'opencv_linear'] as const)(
    'covers the same part as of the whole one where a pixel is cut (%s)',
    (filter) => {
      const whole = ramp(45, 37);
      const preprocessing = { size: [7, 7], resize: { filter } };
      const expected = levels(whole, preprocessing);
      const found = levels(reducedBy(whole, 2), preprocessing);
      // Whole pixels at the edges would be off by more than four levels.
      for (const [i, value] of found.entries()) {
        expect(Math.abs(value - (expected[i] as number)), `value ${i}`).toBeLessThanOrEqual(2);
      }
    },
  );

  it('takes the nearest pixels of the covered part', () => {
    const pixels = { width: 5, height: 1, channels: 1, data: Uint8Array.of(10, 11, 12, 13, 14) };
    const covered = { x: 0.5, y: 0, width: 4, height: 1 };
    expect([...resize({ ...pixels, covered }, 4, 1, 'nearest').data]).toEqual([11, 12, 13, 14]);
  });

  it('places the tensor over the same pixels of the original', () => {
    const preprocessing = parsePreprocessing({ size: [8, 8], resize: { mode: 'shortest_side', size: 10 } });
    const whole = ramp(45, 37);
    const reduced = reducedBy(whole, 2);
    const expected = preprocess(whole, preprocessing).placement;
    const { placement } = inOriginalPixels({ image: reduced, placement: preprocess(reduced, preprocessing).placement });
    for (const side of ['x', 'y', 'width', 'height'] as const) expect(placement[side]).toBeCloseTo(expected[side], 9);
  });

  it('draws the covered part alone', () => {
    const { image, placement } = preprocessedWhole(reducedBy(ramp(45, 37), 2), 20);
    expect(image).toMatchObject({ width: 20, height: 16, original: { width: 45, height: 37 } });
    expect(placement).toMatchObject({ x: 0, y: 0, width: 20, height: 16 });
  });
});

function preprocessedWhole(image: Image, side: number) {
  const { placement } = preprocess(image, parsePreprocessing({ size: [4, 4] }));
  return resizePlaced({ image, placement }, side);
}

describe('orient of a reduced image', () => {
  it.each([
    [1, { x: 0, y: 0, width: 4.5, height: 2.25 }],
    [2, { x: 0.5, y: 0, width: 4.5, height: 2.25 }],
    [3, { x: 0.5, y: 0.75, width: 4.5, height: 2.25 }],
    [4, { x: 0, y: 0.75, width: 4.5, height: 2.25 }],
    [5, { x: 0, y: 0, width: 2.25, height: 4.5 }],
    [6, { x: 0.75, y: 0, width: 2.25, height: 4.5 }],
    [7, { x: 0.75, y: 0.5, width: 2.25, height: 4.5 }],
    [8, { x: 0, y: 0.5, width: 2.25, height: 4.5 }],
  ] as const)('turns the covered part by EXIF orientation %i', (orientation, expected) => {
    const covered = { x: 0, y: 0, width: 4.5, height: 2.25 };
    expect(orient({ ...makeImage(5, 3), covered }, orientation as Orientation).covered).toEqual(expected);
  });
});

describe('tensorDetail', () => {
  it('decodes a JPEG at no more than five times the pixels of a small input', async () => {
    const preprocessing = parsePreprocessing({ size: [32, 32] });
    const shown = await codecs.read(
      await photo('coffee'),
      ({ width, height, original }) => ({ width, height, original }),
      {
        ...tensorDetail(preprocessing),
      },
    );
    expect(shown).toEqual({ width: 300, height: 200, original: { width: 600, height: 400 } });
  });

  it.each(['nearest', 'box', 'opencv_linear'] as const)('leaves a JPEG whole for the filter %s', async (filter) => {
    const preprocessing = parsePreprocessing({ size: [32, 32], resize: { filter } });
    const width = await codecs.read(await photo('coffee'), (image) => image.width, tensorDetail(preprocessing));
    expect(width).toBe(600);
  });

  it('leaves a PNG whole, which is decoded at full size in any case', async () => {
    const png = await codecs.encodePng(ramp(300, 200));
    const preprocessing = parsePreprocessing({ size: [8, 8] });
    expect(await codecs.read(png, (image) => image.width, tensorDetail(preprocessing))).toBe(300);
  });

  it.each(['bilinear', 'bicubic', 'lanczos3'] as const)(
    'changes the tensor of a photo by little more than rounding (%s)',
    async (filter) => {
      const preprocessing = { size: [16, 16], resize: { filter } };
      let [sum, count, far] = [0, 0, 0];
      for (const name of photos) {
        const bytes = await photo(name);
        const expected = levels(await codecs.decode(bytes, { detail: Number.POSITIVE_INFINITY }), preprocessing);
        const found = await codecs.read(
          bytes,
          (image) => {
            expect(image.original, name).toBeDefined();
            return levels(image, preprocessing);
          },
          tensorDetail(parsePreprocessing(preprocessing)),
        );
        for (const [i, value] of found.entries()) {
          const off = Math.abs(value - (expected[i] as number));
          sum += off;
          count++;
          if (off > 1) far++;
        }
      }
      expect(sum / count).toBeLessThan(0.25);
      expect(far / count).toBeLessThan(0.02);
    },
  );
});

describe('read', () => {
  it.each(['jpeg', 'cmykJpeg', 'rotatedJpeg', 'palettePng', 'lossyWebp'] as const)(
    'shows the pixels that decode returns (%s)',
    async (name) => {
      const copy = await codecs.read(imageFiles[name], (image) => ({ ...image, data: image.data.slice() }));
      expect(copy).toEqual(await codecs.decode(imageFiles[name]));
    },
  );

  it('passes on what its callback throws, and decodes afterwards', async () => {
    const refuse = () => {
      throw new RangeError('no');
    };
    await expect(codecs.read(imageFiles.jpeg, refuse)).rejects.toThrow(RangeError);
    expect(await codecs.decode(imageFiles.jpeg)).toMatchObject({ width: 16, height: 12 });
  });
});
