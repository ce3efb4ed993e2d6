/** Image codecs of a browser: its own decoders, by way of a canvas. */
import { WhylightError } from '../core/errors.ts';
import type { CodecOptions, ImageCodecs } from '../core/image/codecs/codecs.ts';
import { type Image, makeImage } from '../core/image/image.ts';

/** Largest image that is decoded, in pixels. */
const MAX_PIXELS = 64_000_000;

/**
 * Makes the image codecs of a browser. It decodes every format that the browser knows, and turns images upright (EXIF).
 * Pixels may differ by one level from those in Node, because decoders differ.
 * @param options only `maxPixels` matters; 64 megapixels by default
 *
 * @example
 * import { imageCodecs } from 'whylight';
 * const image = await imageCodecs().decode(new Uint8Array(await file.arrayBuffer()));
 */
export const canvasCodecs = ({ maxPixels = MAX_PIXELS }: Partial<CodecOptions> = {}): ImageCodecs => ({
  decode: (bytes) => decode(bytes, maxPixels),
  read: async (bytes, use) => use(await decode(bytes, maxPixels)),

  async encodePng({ width, height, data }) {
    const context = contextOf(width, height);
    context.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
    const blob = await context.canvas.convertToBlob({ type: 'image/png' });
    return new Uint8Array(await blob.arrayBuffer());
  },
});

async function decode(bytes: Uint8Array, maxPixels: number): Promise<Image> {
  const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), {
    colorSpaceConversion: 'none',
  }).catch((cause) => {
    throw new WhylightError(
      'invalid_image',
      `This browser cannot decode the image (${(cause as Error).message}). Use a JPEG, PNG or WebP file.`,
      {},
      { cause },
    );
  });
  const { width, height } = bitmap;
  if (width * height > maxPixels) {
    throw new WhylightError(
      'payload_too_large',
      `The image has ${width}x${height} pixels, more than the ${maxPixels / 1e6} megapixels allowed here. Use a smaller one.`,
      { width, height, max_pixels: maxPixels },
    );
  }
  const context = contextOf(width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return makeImage(width, height, new Uint8Array(data.buffer));
}

function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context) return context;
  throw new WhylightError('invalid_image', 'This browser gives no canvas to decode images with.');
}
