/** Images from bytes and back. One implementation for every platform; only the loading of the codecs differs. */
import { WhylightError } from '../../errors.ts';
import { type Image, makeImage, orient } from '../image.ts';
import { type ImageHeader, type ImageType, sniff } from '../sniff.ts';
import { type Codec, type Reduction, reduced } from './codec.ts';
import { jpegCodec } from './jpeg.ts';
import { type PngCodec, pngCodec } from './png.ts';
import { webpCodec } from './webp.ts';

/** Codecs of images: decode JPEG, PNG and WebP, encode PNG. */
export interface ImageCodecs {
  /**
   * Decodes a JPEG, PNG or WebP file and turns it upright (EXIF). An image whose longer side has 2,048 pixels or more
   * is divided by 2, 4 or 8, so that 1,024 to 2,047 are left; `original` of the image is its size before that. The
   * same on every platform, so that the same file gives the same tensor.
   * @throws WhylightError `invalid_image` for bytes that are no image, damaged or cut short;
   *   `unsupported_media_type` for other kinds; `payload_too_large` when the header says more than `maxPixels`, or
   *   decoding would take more memory than the codecs may use.
   */
  decode(bytes: Uint8Array, options?: DecodeOptions): Promise<Image>;
  /** An RGBA PNG file, 8 bits per component. */
  encodePng(image: Image): Promise<Uint8Array>;
}

/** Settings of one decoding. */
export interface DecodeOptions {
  /** Largest image that is decoded, where that is less than the codecs allow anyway. */
  readonly maxPixels?: number;
  /** Pixels of the longer side that are kept where the image has them; 1,024 by default, Infinity for all. */
  readonly detail?: number;
}

/** Loaders of the compiled codecs; each is called when it is first needed. */
export type CodecModules = Readonly<
  Record<'jpeg' | 'png' | 'webp', () => WebAssembly.Module | Promise<WebAssembly.Module>>
>;

/** Limits of the codecs. */
export interface CodecOptions {
  /** Largest image that is decoded, in pixels of the file. */
  readonly maxPixels: number;
  /** Memory that one decoding may take, in bytes, by {@link memoryOf}; without a limit when left out. */
  readonly maxBytes?: number;
  /** An instance whose memory has grown beyond this is dropped after use. */
  readonly keepBytes?: number;
}

const MEGA = 1_000_000;
const KINDS: Readonly<Record<ImageType, 'jpeg' | 'png' | 'webp'>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
};

/** Pixels of the longer side that are kept, if nothing else is asked for: enough for most models and for a drawing. */
const DETAIL = 1024;

export function createImageCodecs(modules: CodecModules, options: CodecOptions): ImageCodecs {
  const { maxPixels, maxBytes = Number.POSITIVE_INFINITY, keepBytes = 32 * MEGA } = options;
  const start = { jpeg: jpegCodec, png: pngCodec, webp: webpCodec };
  // Instances, never promises: one that is pending belongs to the request that made it, and another must not wait on it.
  const idle = new Map<keyof CodecModules, Codec>();

  const take = async (kind: keyof CodecModules): Promise<Codec> => {
    const codec = idle.get(kind) ?? start[kind](await modules[kind]());
    idle.delete(kind);
    return codec;
  };
  /** One that has failed is never given back. */
  const giveBack = (kind: keyof CodecModules, codec: Codec) => {
    if (codec.memory() <= keepBytes) idle.set(kind, codec);
  };

  return {
    async decode(bytes, { maxPixels: limit = maxPixels, detail = DETAIL } = {}) {
      const header = sniff(bytes);
      const reduction = reductionOf(header, detail);
      refuseTooLarge(header, Math.min(limit, maxPixels));
      refuseTooHeavy(header, reduction, maxBytes);
      const name = KINDS[header.type];
      const codec = await take(name);
      let image: Image;
      try {
        image = codec.decode(bytes, header, reduction);
      } catch (cause) {
        throw new WhylightError(
          'invalid_image',
          `The ${name.toUpperCase()} file is damaged or cut short (${(cause as Error).message}). Send the whole file.`,
          { type: header.type, bytes: bytes.length },
          { cause },
        );
      }
      giveBack(name, codec);
      if (image.width !== reduced(header.width, reduction) || image.height !== reduced(header.height, reduction)) {
        throw new WhylightError(
          'invalid_image',
          `The header says ${header.width}x${header.height}, but the image has ${image.width}x${image.height}.`,
          { type: header.type },
        );
      }
      const upright = orient(image, header.orientation ?? 1);
      return reduction === 1 ? upright : { ...upright, original: uprightSize(header) };
    },

    async encodePng(image) {
      const valid = makeImage(image.width, image.height, image.data);
      const codec = (await take('png')) as PngCodec;
      const png = codec.encode(valid);
      giveBack('png', codec);
      return png;
    },
  };
}

/** Largest factor that leaves `detail` pixels of the longer side. */
function reductionOf({ width, height }: ImageHeader, detail: number): Reduction {
  const longer = Math.max(width, height);
  return ([8, 4, 2] as const).find((factor) => longer / factor >= detail) ?? 1;
}

function uprightSize({ width, height, orientation = 1 }: ImageHeader): { width: number; height: number } {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

function refuseTooLarge({ width, height }: ImageHeader, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  throw new WhylightError(
    'payload_too_large',
    `The image has ${width}x${height} pixels (${Math.round((width * height) / MEGA)} megapixels), ` +
      `more than the ${maxPixels / MEGA} megapixels allowed here. Send a smaller one.`,
    { width, height, max_pixels: maxPixels },
  );
}

/**
 * Memory that decoding takes at its peak, in bytes: the decoder's own and the image that is copied out of it. A
 * sequential JPEG is decoded a few lines at a time; a progressive one keeps all its coefficients, of 16 bits each.
 */
function memoryOf({ type, width, height, coefficients = 0, isLossless }: ImageHeader, reduction: Reduction): number {
  const full = width * height;
  const out = reduced(width, reduction) * reduced(height, reduction) * 4;
  if (type === 'image/jpeg') return 2 * out + 2 * coefficients;
  if (type === 'image/png') return full * (reduction === 1 ? 10 : 14) + out;
  return full * (isLossless ? 8 : 4.5) + out;
}

function refuseTooHeavy(header: ImageHeader, reduction: Reduction, maxBytes: number): void {
  const bytes = memoryOf(header, reduction);
  if (bytes <= maxBytes) return;
  const kind = header.type === 'image/jpeg' ? 'progressive JPEG' : KINDS[header.type].toUpperCase();
  throw new WhylightError(
    'payload_too_large',
    `The image has ${header.width}x${header.height} pixels, and decoding a ${kind} of that size takes ` +
      `${Math.ceil(bytes / MEGA)} MB of memory, more than the ${Math.floor(maxBytes / MEGA)} MB allowed here. ` +
      'Send a smaller one, or a sequential (baseline) JPEG, which is decoded in parts.',
    { width: header.width, height: header.height, bytes, max_bytes: maxBytes },
  );
}
