/** Laying a map at a model's size back over the image that the model was shown. */
import { flatten, type Image } from './image.ts';
import { resize, sampleGrid } from './resize.ts';

/**
 * The rectangle of the original image that the tensor shows, in the original's pixels. It reaches beyond the image
 * where the tensor was padded.
 */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An upright image and the part of it that the model sees. */
export interface PlacedImage {
  readonly image: Image;
  readonly placement: Placement;
}

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

const scaled = ({ x, y, width, height }: Placement, across: number, down: number): Placement => ({
  x: x * across,
  y: y * down,
  width: width * across,
  height: height * down,
});

/** A placement, counted from the corner of another one. */
const within = (placement: Placement, { x, y }: Placement): Placement => ({
  ...placement,
  x: placement.x - x,
  y: placement.y - y,
});

/** The size of an image and a placement over it, in pixels of the image as it was before it was reduced. */
export function inOriginalPixels({ image, placement }: PlacedSize): { image: Size; placement: Placement } {
  const { width, height } = image.original ?? image;
  const covered = coveredOf(image);
  return {
    image: { width, height },
    placement: scaled(within(placement, covered), width / covered.width, height / covered.height),
  };
}

/** Part of the pixels of an image that its original covers: all of it, but for one that was reduced. */
export const coveredOf = ({ width, height, covered }: PlacedSize['image']): Placement =>
  covered ?? { x: 0, y: 0, width, height };

/** The image with a longer side of `side` pixels, laid over white, and the placement over that. */
export function resizePlaced({ image, placement }: PlacedImage, side: number): PlacedImage {
  const covered = coveredOf(image);
  const scale = side / Math.max(covered.width, covered.height);
  const width = Math.max(1, Math.round(covered.width * scale));
  const height = Math.max(1, Math.round(covered.height * scale));
  const { data } = resize({ ...flatten(image), channels: 3, step: 4 }, width, height, 'bilinear');
  const { width: originalWidth, height: originalHeight } = image.original ?? image;
  return {
    image: {
      width,
      height,
      data: withAlpha(data),
      opaque: true,
      original: { width: originalWidth, height: originalHeight },
    },
    placement: scaled(within(placement, covered), width / covered.width, height / covered.height),
  };
}

/** RGB as RGBA, opaque. */
function withAlpha(rgb: Uint8Array): Uint8Array {
  const words = new Uint32Array(rgb.length / 3);
  for (let i = 0, at = 0; i < words.length; i++, at += 3) {
    words[i] = 0xff000000 | ((rgb[at + 2] as number) << 16) | ((rgb[at + 1] as number) << 8) | (rgb[at] as number);
  }
  return new Uint8Array(words.buffer);
}

/** Size of an upright image, and the part of it that the model sees; the image may have been reduced. */
export interface PlacedSize {
  readonly image: Size & { readonly original?: Size; readonly covered?: Placement };
  readonly placement: Placement;
}

/** A map of one channel, row by row. */
export interface SaliencyMap {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** Offset of a centred crop; a half is rounded to the even number, as torchvision's `CenterCrop` does. */
export function centered(length: number, crop: number): number {
  const half = (length - crop) / 2;
  const below = Math.floor(half);
  return half - below === 0.5 ? below + (below & 1) : Math.round(half);
}

export interface PlaceOptions {
  /** Value of the pixels that the model did not see. */
  readonly fill?: number;
  /** `nearest` keeps every value of the map as a sharp square. */
  readonly sampling?: 'bilinear' | 'nearest';
}

/** The map at the size of the original image. */
export function placeMap(
  map: SaliencyMap,
  placement: Placement,
  originalWidth: number,
  originalHeight: number,
  { fill = 0, sampling = 'bilinear' }: PlaceOptions = {},
): SaliencyMap {
  const values = new Float32Array(originalWidth * originalHeight);
  if (fill !== 0) values.fill(fill);
  const columns = seen(placement.x, placement.width, map.width, originalWidth);
  const rows = seen(placement.y, placement.height, map.height, originalHeight);
  if (sampling === 'nearest') for (const { positions } of [columns, rows]) roundAll(positions);
  const length = columns.positions.length;
  const sampled = new Float32Array(rows.positions.length * length);
  sampleGrid(map.values, map.width, map.height, columns.positions, rows.positions, sampled);
  for (let y = 0; y < rows.positions.length; y++) {
    values.set(sampled.subarray(y * length, (y + 1) * length), (rows.first + y) * originalWidth + columns.first);
  }
  return { width: originalWidth, height: originalHeight, values };
}

function roundAll(positions: Float64Array): void {
  for (let i = 0; i < positions.length; i++) positions[i] = Math.round(positions[i] as number);
}

/** The pixels of one axis whose centre lies in the rectangle, and where in the map each of them lies. */
function seen(start: number, length: number, mapLength: number, originalLength: number) {
  const first = Math.max(0, Math.ceil(start - 0.5));
  const end = Math.min(originalLength, Math.ceil(start + length - 0.5));
  const positions = Float64Array.from(
    { length: Math.max(0, end - first) },
    (_, i) => ((first + i + 0.5 - start) / length) * mapLength - 0.5,
  );
  return { first, positions };
}
