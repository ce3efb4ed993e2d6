/** Image codecs in a Worker: wrangler compiles the imported WebAssembly when the Worker is uploaded. */
/// <reference path="./codecs-wasm.d.ts" />
import jpeg from '@cwasm/jpeg-turbo/jpeg-turbo.wasm';
import webp from '@cwasm/webp/webp.wasm';
import png from '@jsquash/png/codec/pkg/squoosh_png_bg.wasm';
import { type CodecOptions, createImageCodecs, type ImageCodecs } from '../../core/image/codecs/codecs.ts';

/** Largest image that a Worker decodes, in pixels of the file: the photos of today's phones. */
export const EDGE_MAX_PIXELS = 64_000_000;

/** Memory of one decoding. An isolate has 128 MB for everything; the model beside it takes tens of megabytes. */
const MAX_DECODE_BYTES = 60_000_000;

/**
 * Makes the image codecs of a Worker.
 * @param options limits; {@link EDGE_MAX_PIXELS} and 60 MB of memory by default
 *
 * @example
 * import { imageCodecs } from 'whylight';
 * const image = await imageCodecs().decode(new Uint8Array(await request.arrayBuffer()));
 */
export const edgeCodecs = (options: Partial<CodecOptions> = {}): ImageCodecs =>
  createImageCodecs(
    { jpeg: () => jpeg, png: () => png, webp: () => webp },
    { maxPixels: EDGE_MAX_PIXELS, maxBytes: MAX_DECODE_BYTES, keepBytes: 8_000_000, ...options },
  );
