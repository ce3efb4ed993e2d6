/** Image codecs in a Worker: wrangler compiles the imported WebAssembly when the Worker is uploaded. */
/// <reference path="./codecs-wasm.d.ts" />
import jpeg from '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm';
import png from '@jsquash/png/codec/pkg/squoosh_png_bg.wasm';
import webp from '@jsquash/webp/codec/dec/webp_dec.wasm';
import { type CodecOptions, createImageCodecs, type ImageCodecs } from '../../core/image/codecs.ts';

/**
 * An isolate has 128 MB for everything. Decoding takes up to 14 bytes a pixel (PNG, progressive JPEG), and the model
 * beside it takes tens of megabytes.
 */
export const EDGE_MAX_PIXELS = 4_000_000;

/**
 * Makes the image codecs of a Worker.
 * @param options limits; {@link EDGE_MAX_PIXELS} by default
 *
 * @example
 * import { imageCodecs } from 'whylight';
 * const image = await imageCodecs().decode(new Uint8Array(await request.arrayBuffer()));
 */
export const edgeCodecs = (options: Partial<CodecOptions> = {}): ImageCodecs =>
  createImageCodecs(
    { jpeg: () => jpeg, png: () => png, webp: () => webp },
    { maxPixels: EDGE_MAX_PIXELS, keepBytes: 20_000_000, ...options },
  );
