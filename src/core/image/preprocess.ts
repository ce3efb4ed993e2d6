/** From an image to a model's input tensor, as the model's manifest says. */
import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import { safeParse } from '../safe-parse.ts';
import { float32, type Tensor } from '../tensor/tensor.ts';
import type { DecodeOptions } from './codecs/codecs.ts';
import { type Color, flatten, type Image } from './image.ts';
import type { Pixels, Region } from './pixels.ts';
import { centered, coveredOf, type PlacedSize, type Placement, type Size } from './placement.ts';
import { RESIZE_FILTERS, type ResizeFilter, resize } from './resize.ts';

const dim = z.int().min(1).max(8192);
const perChannel = (value: z.ZodNumber) => z.union([value, z.array(value).min(1).max(3)]);

const ENTRIES = {
  size: z
    .tuple([dim, dim], 'must be height and width of the input tensor, such as [224, 224] (--size 224x224)')
    .describe('Height and width of the input tensor.'),
  resize: z
    .strictObject({
      mode: z
        .enum(['exact', 'shortest_side', 'fit'])
        .default('exact')
        .describe(
          'exact: to the size, whatever the shape; shortest_side: keep the shape, then crop; ' +
            'fit: keep the shape, the rest filled with the background.',
        ),
      size: dim
        .optional()
        .describe(
          'shortest_side: length of the shorter side (the larger of height and width when left out); ' +
            'exact: side of a square, cropped afterwards (the tensor size when left out).',
        ),
      filter: z
        .enum(RESIZE_FILTERS)
        .default('bilinear')
        .describe('With antialiasing, as Pillow and torchvision; opencv_linear without, as OpenCV.'),
    })
    .prefault({})
    .describe('How the image comes to that size.'),
  crop: z.enum(['center', 'none']).default('center').describe('What happens to what is left over after resizing.'),
  color: z.enum(['RGB', 'BGR', 'gray']).default('RGB').describe('Channels, in the order of the tensor.'),
  layout: z.enum(['NCHW', 'NHWC']).default('NCHW').describe('Order of the tensor axes.'),
  scale: z
    .number()
    .default(1 / 255)
    .describe('Factor on the pixels, which are 0 to 255. 1 leaves them so.'),
  mean: perChannel(z.number()).default(0).describe('Subtracted after scaling: one number, or one per channel.'),
  std: perChannel(z.number().positive()).default(1).describe('Divides after that: one number, or one per channel.'),
  background: z
    .tuple([z.int().min(0).max(255), z.int().min(0).max(255), z.int().min(0).max(255)])
    .default([255, 255, 255])
    .describe('Red, green and blue of what lies behind transparent pixels and around an image that was fitted.'),
};

const openEntries = z.strictObject({
  ...ENTRIES,
  size: ENTRIES.size.optional().describe('Height and width of the input tensor; those of the graph when left out.'),
});

/** Preprocessing as a manifest states it: the graph may know the size. */
export type OpenPreprocessing = z.output<typeof openEntries>;

const MEANING = 'From an image to the input tensor: value = (pixel * scale - mean) / std.';

export const preprocessingSchema = z.strictObject(ENTRIES).superRefine(checkEntries).describe(MEANING);

/** Schema of {@link OpenPreprocessing}. */
export const openPreprocessingSchema = openEntries.superRefine(checkEntries).describe(MEANING);

/** Checks entries against each other; those that concern the size where it is stated. */
function checkEntries({ size, resize, crop, color, mean, std }: OpenPreprocessing, context: z.RefinementCtx): void {
  const complain = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  const channels = color === 'gray' ? 1 : 3;
  for (const [name, value] of Object.entries({ mean, std })) {
    if (Array.isArray(value) && value.length !== channels) {
      complain([name], `has ${value.length} numbers, but ${color} has ${channels} channels`);
    }
  }
  const side = Math.max(...(size ?? [0]));
  if (resize.size !== undefined && resize.mode !== 'fit' && resize.size < side) {
    complain(['resize', 'size'], `is ${resize.size}, but the tensor needs at least ${side}`);
  }
  if (resize.size !== undefined && resize.mode === 'fit') {
    complain(['resize', 'size'], 'means nothing with mode "fit": leave it out');
  }
  if (crop === 'none' && (resize.mode === 'shortest_side' || (resize.mode === 'exact' && resize.size !== undefined))) {
    const stated = size ? size.join('x') : 'the input';
    complain(['crop'], `"none" would leave a tensor of another size than ${stated}: use "center"`);
  }
}

/** Conversion of an image to an input tensor, after defaults: size, crop, color, layout, scale, mean and std. */
export type Preprocessing = z.output<typeof preprocessingSchema>;

/** Input tensor of an image, and the part of the image that it shows. */
export interface Preprocessed {
  /** `[1, C, H, W]` or `[1, H, W, C]`. */
  readonly tensor: Tensor<'float32'>;
  /** The part of the image that the tensor shows. */
  readonly placement: Placement;
}

/** Shape of the tensor that an image becomes, the batch left out. */
export function imageDims({ size, color, layout }: Preprocessing): number[] {
  const channels = color === 'gray' ? 1 : 3;
  return layout === 'NHWC' ? [...size, channels] : [channels, ...size];
}

/**
 * Converts an upright image to the input tensor of a model: value = (pixel * scale - mean) / std, pixels 0 to 255.
 * @returns `tensor` of float32, [1, C, H, W] or [1, H, W, C], and its `placement` in pixels of the image
 *
 * @example
 * import { imageCodecs, parsePreprocessing, preprocess } from 'whylight';
 * const image = await imageCodecs().decode(bytes);
 * const { tensor } = preprocess(image, parsePreprocessing({ size: [224, 224], mean: 0.5, std: 0.5 }));
 * @see docs/models.md
 */
export function preprocess(image: Image, preprocessing: Preprocessing): Preprocessed {
  const { color, background } = preprocessing;
  const pixels = toPixels(flatten(image, background), color === 'gray');
  const { region, width, height } = layOut(image.original ?? image, preprocessing);
  const fitted = preprocessing.resize.mode === 'fit';
  const resized = resize(pixels, width, height, preprocessing.resize.filter, fitted ? undefined : region);
  return {
    tensor: toTensor(fitted ? pad(resized, region, background) : resized, preprocessing),
    placement: placementOf(image, preprocessing),
  };
}

/** Part of an image that its input tensor shows, in pixels of the image. */
export function placementOf(image: PlacedSize['image'], preprocessing: Preprocessing): Placement {
  const { region, width, height } = layOut(image.original ?? image, preprocessing);
  const covered = coveredOf(image);
  return {
    x: covered.x + (region.x * covered.width) / width,
    y: covered.y + (region.y * covered.height) / height,
    width: (region.width * covered.width) / width,
    height: (region.height * covered.height) / height,
  };
}

/** Pixels of the longer side that a large image keeps when it is decoded for a model: 1,024, or the size of its input. */
export const detailOf = ({ size }: Preprocessing): number => Math.max(1024, ...size);

/** Filters that average, and weigh what is near more: averages of few pixels hardly change what they make of many. */
const GRADUAL: readonly ResizeFilter[] = ['bilinear', 'bicubic', 'lanczos3'];

/** Pixels of a reduced image that become one of the tensor: with five, 98 % of the values are within one level. */
const PIXELS_LEFT = 5;

/**
 * Options to decode an image with for a model alone: of a JPEG no more than five times the pixels of its input a side,
 * which a drawing would need more than.
 */
export function tensorDetail(preprocessing: Preprocessing): Required<Pick<DecodeOptions, 'detail' | 'enough'>> {
  const { size, resize } = preprocessing;
  const detail = detailOf(preprocessing);
  if (!GRADUAL.includes(resize.filter)) return { detail, enough: () => detail };
  const enough = (upright: Size): number => {
    const { width, height } = resizedSize(upright, size, resize);
    const share = Math.max(width / upright.width, height / upright.height);
    return PIXELS_LEFT * share * Math.max(upright.width, upright.height);
  };
  return { detail, enough };
}

/** Tensor values of a plain colour: one value per channel, in the order of the tensor. */
export function colorValues(color: Color, preprocessing: Preprocessing): number[] {
  const one = { width: 1, height: 1, data: Uint8Array.of(...color, 255) };
  return [...toTensor(toPixels(one, preprocessing.color === 'gray'), preprocessing).data];
}

/** The size after resizing, and which part of that becomes the tensor (reaching beyond it where it must be padded). */
function layOut(image: Size, { size, resize }: Preprocessing): { width: number; height: number; region: Region } {
  const [height, width] = size;
  const shown = resizedSize(image, size, resize);
  const offset = resize.mode === 'fit' ? borderOf : centered;
  const region = { x: offset(shown.width, width), y: offset(shown.height, height), width, height };
  return { ...shown, region };
}

/** Offset of an image within a border that makes up for its size: an odd pixel comes to the right or the bottom. */
const borderOf = (length: number, full: number): number => Math.ceil((length - full) / 2) || 0;

function resizedSize(image: Size, [height, width]: readonly [number, number], resize: Preprocessing['resize']) {
  if (resize.mode === 'fit') {
    const scale = Math.min(width / image.width, height / image.height);
    const fitted = (length: number, most: number) => Math.min(most, Math.max(1, Math.round(length * scale)));
    return { width: fitted(image.width, width), height: fitted(image.height, height) };
  }
  if (resize.mode === 'exact') return { width: resize.size ?? width, height: resize.size ?? height };
  const short = resize.size ?? Math.max(width, height);
  // The longer side is cut off, not rounded, as torchvision does.
  const long = Math.trunc((short * Math.max(image.width, image.height)) / Math.min(image.width, image.height));
  return image.width <= image.height ? { width: short, height: long } : { width: long, height: short };
}

/** Without alpha; grey as Pillow's mode L: ITU-R 601-2 luma in 16-bit fixed point. */
function toPixels({ width, height, data, covered }: Image, gray: boolean): Pixels {
  const count = width * height;
  const part = covered && { covered };
  if (!gray) return { width, height, channels: 3, step: 4, data, ...part };
  const out = new Uint8Array(count);
  for (let i = 0, at = 0; i < count; i++, at += 4) {
    const [red, green, blue] = [data[at] as number, data[at + 1] as number, data[at + 2] as number];
    out[i] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  }
  return { width, height, channels: 1, data: out, ...part };
}

function pad(pixels: Pixels, region: Region, background: Color): Pixels {
  const { channels } = pixels;
  const plain = toPixels({ width: 1, height: 1, data: Uint8Array.of(...background, 255) }, channels === 1).data;
  const out = new Uint8Array(region.width * region.height * channels);
  for (let i = 0; i < out.length; i++) out[i] = plain[i % channels] as number;
  for (let y = 0; y < pixels.height; y++) {
    const row = pixels.data.subarray(y * pixels.width * channels, (y + 1) * pixels.width * channels);
    out.set(row, ((y - region.y) * region.width - region.x) * channels);
  }
  return { width: region.width, height: region.height, channels, data: out };
}

function toTensor(pixels: Pixels, { color, layout, scale, mean, std }: Preprocessing): Tensor<'float32'> {
  const { width, height, channels, step: next = channels, data } = pixels;
  const count = width * height;
  const planar = layout === 'NCHW';
  const values = new Float32Array(count * channels);
  const table = new Float32Array(256);
  for (let c = 0; c < channels; c++) {
    const [center, spread] = [channelValue(mean, c), channelValue(std, c)].map(Math.fround) as [number, number];
    // Rounded to float32 after each step, as the frameworks that models are trained in do.
    for (let v = 0; v < 256; v++) table[v] = Math.fround(Math.fround(v * scale) - center) / spread;
    const from = color === 'BGR' ? channels - 1 - c : c;
    const [start, step] = planar ? [c * count, 1] : [c, channels];
    for (let i = from, o = start; i < data.length; i += next, o += step) {
      values[o] = table[data[i] as number] as number;
    }
  }
  return float32(planar ? [1, channels, height, width] : [1, height, width, channels], values);
}

const channelValue = (value: number | number[], channel: number): number =>
  typeof value === 'number' ? value : (value[channel] as number);

/**
 * Parses the preprocessing of a manifest or a command line, and fills in its defaults.
 * @param source object of the form of a manifest's `preprocessing`; only `size` ([height, width]) is required
 * @throws WhylightError `invalid_config` with every entry that is wrong
 *
 * @example
 * import { parsePreprocessing } from 'whylight';
 * const preprocessing = parsePreprocessing({ size: [224, 224], resize: { mode: 'shortest_side', size: 256 } });
 * @see docs/models.md
 */
export function parsePreprocessing(source: unknown): Preprocessing {
  const result = safeParse(preprocessingSchema, source);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({ entry: path.join('.'), message }));
  const text = issues.map(({ entry, message }) => (entry ? `"${entry}" ${message}` : message)).join('; ');
  throw new WhylightError('invalid_config', `The preprocessing is wrong: ${text}.`, { issues });
}
