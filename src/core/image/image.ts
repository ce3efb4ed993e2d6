/**
 * A decoded image: 8-bit sRGB with alpha, which is what the decoders give, the PNG encoder takes and a canvas holds.
 */
import { WhylightError } from '../errors.ts';
import type { Region } from './pixels.ts';

/** Decoded image: 8-bit sRGB with alpha, `width` by `height` pixels. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** RGBA, row by row from the top left, alpha not premultiplied: `width * height * 4` bytes. */
  readonly data: Uint8Array;
  /** Known to have no transparent pixel, so that nobody needs to look. */
  readonly opaque?: boolean;
  /** Size before a large image was reduced while it was decoded; absent where it was not. Upright, in pixels. */
  readonly original?: { readonly width: number; readonly height: number };
  /**
   * Part of these pixels that the original covers, where its size is no multiple of the factor of the reduction: pixels
   * at an edge then lie partly beyond it.
   */
  readonly covered?: Region;
}

/** Three values of 0..255. */
export type Color = readonly [red: number, green: number, blue: number];

/**
 * An image over `data` (not copied), or a fully transparent one.
 * @throws WhylightError `invalid_image` when the dims are not positive integers or the bytes do not fit them.
 */
export function makeImage(width: number, height: number, data?: Uint8Array): Image {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new WhylightError(
      'invalid_image',
      `An image has a width and a height of at least 1, but these are ${width} and ${height}.`,
      { width, height },
    );
  }
  if (data && data.length !== width * height * 4) {
    throw new WhylightError(
      'invalid_image',
      `An RGBA image of ${width}x${height} has ${width * height * 4} bytes, but ${data.length} were given.`,
      { width, height, bytes: data.length },
    );
  }
  return { width, height, data: data ?? new Uint8Array(width * height * 4) };
}

/** The image laid over a plain background, fully opaque. An opaque image is returned as it is, not copied. */
export function flatten(image: Image, background: Color = [255, 255, 255]): Image {
  const { data } = image;
  if (image.opaque) return image;
  let first = 3;
  while (first < data.length && data[first] === 255) first += 4;
  if (first >= data.length) return image;
  const out = data.slice();
  for (let i = first - 3; i < out.length; i += 4) {
    const alpha = out[i + 3] as number;
    if (alpha === 255) continue;
    for (let c = 0; c < 3; c++) {
      out[i + c] = Math.round(((out[i + c] as number) * alpha + (background[c] as number) * (255 - alpha)) / 255);
    }
    out[i + 3] = 255;
  }
  return { ...image, data: out, opaque: true };
}

/** Orientation of a stored image as EXIF defines it: 1 is upright, 5 to 8 swap width and height. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/**
 * The image turned upright.
 * @param orientation EXIF tag 0x0112: where row 0 and column 0 of the stored image belong (CIPA DC-008, 4.6.4)
 */
export function orient(image: Image, orientation: Orientation): Image {
  if (orientation === 1) return image;
  const { width, height } = image;
  const aligned = image.data.byteOffset % 4 === 0 ? image.data : image.data.slice();
  const from = new Uint32Array(aligned.buffer, aligned.byteOffset, width * height);
  const to = new Uint32Array(width * height);
  const swaps = orientation >= 5;
  // Where the walk through the upright image starts in the stored one, and what a step right and a step down are.
  const [right, bottom] = [width - 1, (height - 1) * width];
  const [start, stepRight, stepDown] = (
    {
      2: [right, -1, width],
      3: [bottom + right, -1, -width],
      4: [bottom, 1, -width],
      5: [0, width, 1],
      6: [bottom, -width, 1],
      7: [bottom + right, -width, -1],
      8: [right, width, -1],
    } as const
  )[orientation];
  const [outWidth, outHeight] = swaps ? [height, width] : [width, height];
  for (let y = 0, i = 0; y < outHeight; y++) {
    let at = start + y * stepDown;
    for (let x = 0; x < outWidth; x++, at += stepRight) to[i++] = from[at] as number;
  }
  return {
    ...image,
    width: outWidth,
    height: outHeight,
    data: new Uint8Array(to.buffer),
    ...(image.covered && { covered: orientRegion(image.covered, image, orientation) }),
  };
}

/** A region of a stored image, in the image turned upright. */
function orientRegion(region: Region, { width, height }: Image, orientation: Orientation): Region {
  const across = { start: region.x, length: region.width, of: width };
  const down = { start: region.y, length: region.height, of: height };
  const [x, y] = orientation >= 5 ? [down, across] : [across, down];
  const mirrored = ({ start, length, of }: typeof x): number => of - start - length;
  return {
    x: [2, 3, 6, 7].includes(orientation) ? mirrored(x) : x.start,
    y: [3, 4, 7, 8].includes(orientation) ? mirrored(y) : y.start,
    width: x.length,
    height: y.length,
  };
}
