/** Image codecs of a Worker that decodes every format. */
import type { CodecOptions, ImageCodecs, ImageDecoders } from '../../../core/image/codecs/codecs.ts';
import { chosenCodecs } from './chosen.ts';
import jpeg from './jpeg.ts';
import png from './png.ts';
import webp from './webp.ts';

/** Decoders of all formats. */
export const ALL_DECODERS: ImageDecoders = { jpeg, png, webp };

/**
 * Makes the image codecs of a Worker.
 * @param options limits; 64 megapixels and 60 MB of memory by default
 *
 * @example
 * import { imageCodecs } from 'whylight';
 * const image = await imageCodecs().decode(new Uint8Array(await request.arrayBuffer()));
 */
export const edgeCodecs = (options: Partial<CodecOptions> = {}): ImageCodecs => chosenCodecs(ALL_DECODERS, options);
