/** Image codecs of a Worker, with the decoders that its build has. */
import {
  type CodecOptions,
  createImageCodecs,
  type ImageCodecs,
  type ImageDecoders,
} from '../../../core/image/codecs/codecs.ts';
import png from './png.ts';

/** Largest image that a Worker decodes, in pixels of the file: the photos of today's phones. */
export const EDGE_MAX_PIXELS = 64_000_000;

/** Memory of one decoding. An isolate has 128 MB for everything; the model beside it takes tens of megabytes. */
const MAX_DECODE_BYTES = 60_000_000;

/**
 * Makes the codecs. Answers are encoded as PNG whatever is decoded.
 * @param options limits; {@link EDGE_MAX_PIXELS} and 60 MB of memory by default
 */
export const chosenCodecs = (decoders: ImageDecoders, options: Partial<CodecOptions> = {}): ImageCodecs =>
  createImageCodecs(decoders, png, {
    maxPixels: EDGE_MAX_PIXELS,
    maxBytes: MAX_DECODE_BYTES,
    keepBytes: 8_000_000,
    ...options,
  });
