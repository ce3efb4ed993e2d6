/** Images from bytes and back. One implementation for every platform; only the loading of the codecs differs. */
import { WhylightError } from '../errors.ts';
import { type Image, makeImage, orient } from './image.ts';
import { type Codec, jpegCodec, type PngCodec, pngCodec, webpCodec } from './jsquash.ts';
import { type ImageHeader, type ImageType, sniff } from './sniff.ts';

/** Codecs of images: decode JPEG, PNG and WebP, encode PNG. */
export interface ImageCodecs {
  /**
   * Decodes a JPEG, PNG or WebP file and turns it upright (EXIF).
   * @param maxPixels the largest image that is decoded, where that is less than the codecs allow anyway
   * @throws WhylightError `invalid_image` for bytes that are no image, damaged or cut short;
   *   `unsupported_media_type` for other kinds; `payload_too_large` when the header says more than `maxPixels`.
   */
  decode(bytes: Uint8Array, maxPixels?: number): Promise<Image>;
  /** An RGBA PNG file, 8 bits per component. */
  encodePng(image: Image): Promise<Uint8Array>;
}

/** Loaders of the compiled codecs; each is called when it is first needed. */
export type CodecModules = Readonly<
  Record<'jpeg' | 'png' | 'webp', () => WebAssembly.Module | Promise<WebAssembly.Module>>
>;

/** Limits of the codecs. */
export interface CodecOptions {
  /** Largest image that is decoded. Decoding takes up to 14 bytes of memory a pixel. */
  readonly maxPixels: number;
  /** An instance whose memory has grown beyond this is dropped after use. */
  readonly keepBytes?: number;
}

const MEGA = 1_000_000;
const KINDS: Readonly<Record<ImageType, 'jpeg' | 'png' | 'webp'>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
};

export function createImageCodecs(modules: CodecModules, options: CodecOptions): ImageCodecs {
  const { maxPixels, keepBytes = 32 * MEGA } = options;
  const start = { jpeg: jpegCodec, png: pngCodec, webp: webpCodec };
  // Instances, never promises: one that is pending belongs to the request that made it, and another must not wait on it.
  const idle = new Map<keyof CodecModules, Codec>();

  const take = async (kind: keyof CodecModules): Promise<Codec> => {
    const codec = idle.get(kind) ?? (await start[kind](await modules[kind]()));
    idle.delete(kind);
    return codec;
  };
  /** One that has failed is never given back. */
  const giveBack = (kind: keyof CodecModules, codec: Codec) => {
    if (codec.memory() <= keepBytes) idle.set(kind, codec);
  };

  return {
    async decode(bytes, most = maxPixels) {
      const header = sniff(bytes);
      refuseTooLarge(header, Math.min(most, maxPixels));
      const name = KINDS[header.type];
      const codec = await take(name);
      let image: Image;
      try {
        image = codec.decode(bytes);
      } catch (cause) {
        throw new WhylightError(
          'invalid_image',
          `The ${name.toUpperCase()} file is damaged or cut short (${(cause as Error).message}). Send the whole file.`,
          { type: header.type, bytes: bytes.length },
          { cause },
        );
      }
      giveBack(name, codec);
      if (image.width !== header.width || image.height !== header.height) {
        throw new WhylightError(
          'invalid_image',
          `The header says ${header.width}x${header.height}, but the image has ${image.width}x${image.height}.`,
          { type: header.type },
        );
      }
      return orient(image, header.orientation ?? 1);
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

function refuseTooLarge({ width, height }: ImageHeader, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  throw new WhylightError(
    'payload_too_large',
    `The image has ${width}x${height} pixels (${Math.round((width * height) / MEGA)} megapixels), ` +
      `more than the ${maxPixels / MEGA} megapixels allowed here. Send a smaller one.`,
    { width, height, max_pixels: maxPixels },
  );
}
