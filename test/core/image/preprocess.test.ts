import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { makeImage } from '../../../src/core/image/image.ts';
import {
  colorValues,
  parsePreprocessing,
  preprocess,
  preprocessingSchema,
} from '../../../src/core/image/preprocess.ts';

const rgba = (width: number, height: number, ...rgb: number[]) =>
  makeImage(
    width,
    height,
    Uint8Array.from({ length: width * height * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : (rgb[i - Math.floor(i / 4)] as number),
    ),
  );
/** Random bytes; the same as in the test of `resize`. */
const image = rgba(
  6,
  4,
  ...[95, 130, 194, 217, 207, 235, 15, 163, 33, 215, 217, 130, 248, 189, 16, 69, 184, 232],
  ...[205, 78, 169, 61, 125, 10, 29, 240, 66, 19, 182, 39, 59, 4, 59, 81, 222, 44],
  ...[120, 122, 50, 208, 78, 28, 64, 166, 121, 89, 170, 233, 127, 178, 237, 128, 113, 123],
  ...[76, 155, 69, 154, 130, 248, 95, 73, 192, 186, 191, 127, 220, 161, 231, 1, 43, 139],
);
const plain = (width: number, height: number, ...color: number[]) =>
  makeImage(
    width,
    height,
    Uint8Array.from({ length: width * height * 4 }, (_, i) => color[i % 4] ?? 255),
  );
const run = (input: typeof image, preprocessing: z.input<typeof preprocessingSchema>) =>
  preprocess(input, parsePreprocessing(preprocessing));
const expectClose = (actual: ArrayLike<number>, expected: readonly number[]) => {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i], `value ${i}`).toBeCloseTo(value, 4);
};

describe('preprocess', () => {
  it("equals torchvision's Resize, CenterCrop, ToTensor, Normalize", () => {
    const { tensor } = run(image, {
      size: [2, 2],
      resize: { mode: 'shortest_side', size: 3 },
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    });
    expect(tensor.dims).toEqual([1, 3, 2, 2]);
    expectClose(tensor.data, [
      ...[-0.6623, 0.502183, -0.799298, -0.98767, 1.238095, 1.115546],
      ...[0.870448, 0.607843, -0.218388, -0.566972, -0.532113, 0.565926],
    ]);
  });

  it("equals torchvision's Grayscale, Resize, ToTensor", () => {
    const { tensor } = run(image, { size: [2, 3], color: 'gray' });
    expect(tensor.dims).toEqual([1, 1, 2, 3]);
    expectClose(
      tensor.data,
      [135, 142, 138, 122, 139, 129].map((v) => v / 255),
    );
  });

  it('supports ranges -1..1 and 0..255, Caffe means, and inverted gray', () => {
    const input = plain(2, 2, 255, 127.5, 0);
    expectClose(run(input, { size: [1, 1], mean: 0.5, std: 0.5 }).tensor.data, [1, -0.0039216, -1]);
    expectClose(run(input, { size: [1, 1], scale: 1 }).tensor.data, [255, 127, 0]);
    const caffe = { size: [1, 1], color: 'BGR', scale: 1, mean: [103.94, 116.78, 123.68] } as const;
    expectClose(run(input, { ...caffe, size: [1, 1], mean: [...caffe.mean] }).tensor.data, [-103.94, 10.22, 131.32]);
    const ink = plain(2, 2, 0, 0, 0);
    expectClose(run(ink, { size: [1, 1], color: 'gray', scale: -1, mean: -255 }).tensor.data, [255]);
  });

  it('puts the channels last when requested', () => {
    const planar = run(image, { size: [4, 6] }).tensor;
    const packed = run(image, { size: [4, 6], layout: 'NHWC' }).tensor;
    expect(packed.dims).toEqual([1, 4, 6, 3]);
    for (let i = 0; i < 24; i++) {
      for (let c = 0; c < 3; c++) expect(packed.data[i * 3 + c]).toBe(planar.data[c * 24 + i]);
    }
  });

  it('reverses the channels for BGR, with mean and std in the order of the tensor', () => {
    const rgb = run(image, { size: [4, 6] }).tensor.data;
    const bgr = run(image, { size: [4, 6], color: 'BGR', mean: [1, 2, 3] }).tensor.data;
    for (let i = 0; i < 24; i++) {
      for (let c = 0; c < 3; c++) expect(bgr[c * 24 + i]).toBeCloseTo((rgb[(2 - c) * 24 + i] as number) - 1 - c, 5);
    }
  });

  it('composites transparency over white, or over the requested background', () => {
    const clear = plain(3, 3, 10, 20, 30, 0);
    expectClose(run(clear, { size: [1, 1], scale: 1 }).tensor.data, [255, 255, 255]);
    expectClose(run(clear, { size: [1, 1], scale: 1, background: [1, 2, 3] }).tensor.data, [1, 2, 3]);
  });

  it('accepts an image of one pixel and very long ones', () => {
    for (const [width, height] of [
      [1, 1],
      [500, 1],
      [1, 500],
    ] as const) {
      for (const mode of ['exact', 'shortest_side', 'fit'] as const) {
        const { tensor } = run(plain(width, height, 9, 9, 9), {
          size: [8, 8],
          resize: { mode },
          scale: 1,
          background: [9, 9, 9],
        });
        expect(new Set(tensor.data)).toEqual(new Set([9]));
      }
    }
  });
});

describe('placement', () => {
  const at = (
    width: number,
    height: number,
    resize: z.input<typeof preprocessingSchema>['resize'],
    size: [number, number] = [224, 224],
  ) => run(plain(width, height, 5, 5, 5), { size, resize }).placement;

  it('is the whole image when it is resized without a crop', () => {
    expect(at(1000, 750, { mode: 'exact' })).toEqual({ x: 0, y: 0, width: 1000, height: 750 });
  });

  it('is the centre crop', () => {
    expect(at(512, 256, { mode: 'shortest_side', size: 256 })).toEqual({ x: 144, y: 16, width: 224, height: 224 });
    expect(at(256, 1024, { mode: 'shortest_side' })).toEqual({ x: 0, y: 384, width: 256, height: 256 });
    expect(at(512, 1024, { mode: 'exact', size: 256 })).toEqual({ x: 32, y: 64, width: 448, height: 896 });
  });

  it('extends beyond an image that was padded', () => {
    expect(at(448, 224, { mode: 'fit' })).toEqual({ x: 0, y: -112, width: 448, height: 448 });
    const { tensor } = run(plain(4, 2, 5, 5, 5), {
      size: [4, 4],
      resize: { mode: 'fit' },
      scale: 1,
      color: 'gray',
      background: [7, 7, 7],
    });
    expect([...tensor.data]).toEqual([7, 7, 7, 7, 5, 5, 5, 5, 5, 5, 5, 5, 7, 7, 7, 7]);
  });
});

describe('preprocessingSchema', () => {
  it('has defaults for everything except the size', () => {
    expect(parsePreprocessing({ size: [32, 32] })).toEqual({
      size: [32, 32],
      resize: { mode: 'exact', filter: 'bilinear' },
      crop: 'center',
      color: 'RGB',
      layout: 'NCHW',
      scale: 1 / 255,
      mean: 0,
      std: 1,
      background: [255, 255, 255],
    });
  });

  it.each([
    [{ size: [32, 32], mean: [0.5, 0.5] }, /"mean" has 2 numbers/],
    [{ size: [32, 32], color: 'gray', std: [1, 1, 1] }, /"std" has 3 numbers/],
    [{ size: [32, 32], std: 0 }, /"std"/],
    [{ size: [224, 224], resize: { mode: 'shortest_side', size: 200 } }, /"resize.size" is 200/],
    [{ size: [224, 224], resize: { mode: 'fit', size: 256 } }, /leave it out/],
    [{ size: [224, 224], resize: { mode: 'shortest_side' }, crop: 'none' }, /"crop"/],
    [{ size: [224, 224], resize: { filter: 'cubic' } }, /"resize.filter"/],
    [{ size: [0, 224] }, /"size.0"/],
    [{ size: [224, 224], means: 3 }, /means/],
    [{}, /"size"/],
  ])('refuses %j', (source, message) => {
    expect(() => parsePreprocessing(source)).toThrow(message);
    expect(() => parsePreprocessing(source)).toThrow(expect.objectContaining({ code: 'invalid_config' }));
  });

  it('has a JSON Schema with a description for every member', () => {
    const schema = z.toJSONSchema(preprocessingSchema, { io: 'input' });
    expect(schema.required).toEqual(['size']);
    for (const field of Object.values(schema.properties ?? {})) expect(field).toHaveProperty('description');
  });
});

describe('colorValues', () => {
  it('returns the preprocessed values of a uniform image of that colour', () => {
    const preprocessing = parsePreprocessing({ size: [1, 1], color: 'BGR', scale: 1, mean: [1, 2, 3] });
    expect(colorValues([10, 20, 30], preprocessing)).toEqual([29, 18, 7]);
    expect(colorValues([10, 20, 30], preprocessing)).toEqual([
      ...preprocess(plain(1, 1, 10, 20, 30), preprocessing).tensor.data,
    ]);
    expect(colorValues([255, 255, 255], parsePreprocessing({ size: [1, 1], color: 'gray' }))).toEqual([1]);
  });
});
