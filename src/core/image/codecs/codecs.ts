/** Images from bytes and back. One implementation for every platform; only the loading of the codecs differs. */
import { WhylightError } from '../../errors.ts';
import { IMAGE_FORMATS, type ImageFormat, type ImageType, refuseOtherFormat, typesOf } from '../formats.ts';
import { type Image, makeImage, orient } from '../image.ts';
import type { Size } from '../placement.ts';
import { type ImageHeader, sniff } from '../sniff.ts';
import { type Codec, type Decoded, type Reduction, reduced } from './codec.ts';
import { memoryOf, refuseTooHeavy } from './memory.ts';
import type { PngCodec } from './png.ts';

/** Codecs of images: decode JPEG, PNG and WebP, or those of them that a build has; encode PNG. */
export interface ImageCodecs {
  /** Media types that are decoded; `image/jpeg`, `image/png` and `image/webp` when left out. */
  readonly types?: readonly ImageType[];
  /**
   * Decodes a JPEG, PNG or WebP file and turns it upright (EXIF). An image whose longer side has 2,048 pixels or more
   * is divided by 2, 4 or 8, so that 1,024 to 2,047 are left; `original` of the image is its size before that. The
   * same on every platform, so that the same file gives the same tensor.
   * @throws WhylightError `invalid_image` for bytes that are no image, damaged or cut short;
   *   `unsupported_media_type` for other kinds, and formats that are not decoded here; `payload_too_large` when the header says more than `maxPixels`, or
   *   decoding would take more memory than the codecs may use.
   */
  decode(bytes: Uint8Array, options?: DecodeOptions): Promise<Image>;
  /**
   * Decodes as {@link ImageCodecs.decode} does, without a copy of the pixels.
   * @param use takes the image, whose pixels are overwritten after it has returned
   */
  read<T>(bytes: Uint8Array, use: (image: Image) => T, options?: DecodeOptions): Promise<T>;
  /** An RGBA PNG file, 8 bits per component. */
  encodePng(image: Image): Promise<Uint8Array>;
}

/** Settings of one decoding. */
export interface DecodeOptions {
  /** Largest image that is decoded, where that is less than the codecs allow anyway. */
  readonly maxPixels?: number;
  /**
   * Memory that this decoding may take, in bytes, where that is less than the codecs allow anyway; called with the bytes
   * that it takes.
   */
  readonly maxBytes?: (needed: number) => number | undefined;
  /** Pixels of the longer side that are kept where the image has them; 1,024 by default, Infinity for all. */
  readonly detail?: number;
  /**
   * Pixels of the longer side that are enough, by the size of the upright image: a JPEG that `detail` leaves whole is
   * divided down to these.
   */
  readonly enough?: (upright: Size) => number;
}

/** Function that makes an instance of a codec; it is called when one is first needed. */
export type StartCodec<C extends Codec = Codec> = () => C | Promise<C>;

/** Decoders by format; files of a format without one are refused. */
export type ImageDecoders = Readonly<Partial<Record<ImageFormat, StartCodec>>>;

/** Limits of the codecs. */
export interface CodecOptions {
  /** Largest image that is decoded, in pixels of the file. */
  readonly maxPixels: number;
  /** Memory that one decoding may take, in bytes, by {@link memoryOf}; without a limit when left out. */
  readonly maxBytes?: number;
  /** An instance whose memory has grown beyond this is left to the garbage collector after use. */
  readonly keepBytes?: number;
}

const MEGA = 1_000_000;

const formatOf = ({ type }: ImageHeader) => type.slice('image/'.length) as ImageFormat;

/** Pixels of the longer side that are kept, if nothing else is asked for: enough for most models and for a drawing. */
const DETAIL = 1024;

/**
 * Makes codecs of the decoders that are given.
 * @param png codec that encodes, and decodes PNG files where `decoders` has them
 */
export function createImageCodecs(
  decoders: ImageDecoders,
  png: StartCodec<PngCodec>,
  options: CodecOptions,
): ImageCodecs {
  const { maxPixels, maxBytes = Number.POSITIVE_INFINITY, keepBytes = 32 * MEGA } = options;
  const formats = IMAGE_FORMATS.filter((format) => decoders[format]);
  const starts: ImageDecoders = { ...decoders, png };
  // Instances, never promises: one that is pending belongs to the request that made it, and another must not wait on it.
  const idle = new Map<ImageFormat, Codec>();
  // Large ones are left to the garbage collector, but used as long as they are there: another would be a second one.
  const large = new Map<ImageFormat, WeakRef<Codec>>();

  const take = async (format: ImageFormat): Promise<Codec> => {
    const codec = idle.get(format) ?? large.get(format)?.deref();
    idle.delete(format);
    large.delete(format);
    return codec ?? (starts[format] as StartCodec)();
  };
  /** One that has failed is never given back. */
  const giveBack = (format: ImageFormat, codec: Codec) => {
    if (codec.memory() <= keepBytes) idle.set(format, codec);
    else large.set(format, new WeakRef(codec));
  };

  const read = async <T>(
    bytes: Uint8Array,
    use: (image: Image, borrowed: boolean) => T,
    { maxPixels: limit = maxPixels, maxBytes: memoryFor, detail = DETAIL, enough }: DecodeOptions = {},
  ): Promise<T> => {
    const header = sniff(bytes, formats);
    const format = formatOf(header);
    refuseOtherFormat(format, formats);
    const reduction = reductionOf(header, detail, enough);
    refuseTooLarge(header, Math.min(limit, maxPixels));
    const needed = memoryOf(header, reduction, bytes.length);
    refuseTooHeavy(header, needed, Math.min(memoryFor?.(needed) ?? maxBytes, maxBytes));
    const codec = await take(format);
    const { image, release } = await decodeWith(codec, format, bytes, header, reduction);
    try {
      refuseOtherSize(image, header, reduction);
      const whole = reduction === 1 ? image : withOriginal(image, header, reduction);
      const upright = orient(whole, header.orientation ?? 1);
      return use(upright, release !== undefined && upright.data === image.data);
    } finally {
      release?.();
      giveBack(format, codec);
    }
  };

  return {
    types: typesOf(formats),
    decode: (bytes, options) =>
      read(bytes, (image, borrowed) => (borrowed ? { ...image, data: image.data.slice() } : image), options),
    read,

    async encodePng(image) {
      const valid = makeImage(image.width, image.height, image.data);
      const codec = (await take('png')) as PngCodec;
      const png = codec.encode(valid);
      giveBack('png', codec);
      return png;
    },
  };
}

async function decodeWith(
  codec: Codec,
  format: ImageFormat,
  bytes: Uint8Array,
  header: ImageHeader,
  reduction: Reduction,
): Promise<Decoded> {
  try {
    const file = codec.prepare ? await codec.prepare(bytes, header) : bytes;
    return codec.decode(file, header, reduction);
  } catch (cause) {
    throw new WhylightError(
      'invalid_image',
      `The ${format.toUpperCase()} file is damaged or cut short (${(cause as Error).message}). Send the whole file.`,
      { type: header.type, bytes: bytes.length },
      { cause },
    );
  }
}

/** Largest factor that leaves `detail` pixels of the longer side; of other JPEG files, one that leaves enough. */
function reductionOf(header: ImageHeader, detail: number, enough?: (upright: Size) => number): Reduction {
  const longer = Math.max(header.width, header.height);
  const leaving = (kept: number): Reduction => ([8, 4, 2] as const).find((factor) => longer / factor >= kept) ?? 1;
  const reduction = leaving(detail);
  return reduction === 1 && enough && header.type === 'image/jpeg' ? leaving(enough(uprightSize(header))) : reduction;
}

function uprightSize({ width, height, orientation = 1 }: ImageHeader): Size {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

/** A reduced image with the size that it had, and the part of it that this was reduced to. */
function withOriginal(image: Image, header: ImageHeader, reduction: Reduction): Image {
  const [width, height] = [header.width / reduction, header.height / reduction];
  const isWhole = width === image.width && height === image.height;
  return { ...image, original: uprightSize(header), ...(!isWhole && { covered: { x: 0, y: 0, width, height } }) };
}

function refuseOtherSize(image: Image, header: ImageHeader, reduction: Reduction): void {
  if (image.width === reduced(header.width, reduction) && image.height === reduced(header.height, reduction)) return;
  throw new WhylightError(
    'invalid_image',
    `The header says ${header.width}x${header.height}, but the image has ${image.width}x${image.height}.`,
    { type: header.type },
  );
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
