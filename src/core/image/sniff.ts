/** Format and size of an image, read from its headers before anything is decoded. */
import { withArticle } from '../counted.ts';
import { WhylightError } from '../errors.ts';
import { exifOrientation } from './exif.ts';
import { advice, IMAGE_FORMATS, type ImageFormat, type ImageType, typesOf } from './formats.ts';
import type { Orientation } from './image.ts';

export interface ImageHeader {
  readonly type: ImageType;
  /** As stored, that is before the orientation is applied. */
  readonly width: number;
  readonly height: number;
  /** Colour components with alpha: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha, or CMYK in a JPEG. */
  readonly components: number;
  /** From EXIF, where there is any. */
  readonly orientation?: Orientation;
  /** Coefficients of a JPEG of several scans, progressive or not, which is complete at its last one; absent for all else. */
  readonly coefficients?: number;
  /** True for a JPEG of several scans whose components one scan cannot hold together. */
  readonly isSeparate?: boolean;
  /** True for WebP without loss, which is decoded as a whole. */
  readonly isLossless?: boolean;
}

/** Signatures of other formats by offset. ISO base media files carry their brand after `ftyp`. */
const OTHER_KINDS: readonly (readonly [kind: string, offset: number, ...signatures: string[]])[] = [
  ['GIF', 0, 'GIF87a', 'GIF89a'],
  ['BMP', 0, 'BM'],
  ['TIFF', 0, 'II*\0', 'MM\0*', 'II+\0', 'MM\0+'],
  ['AVIF', 4, 'ftypavif', 'ftypavis'],
  ['HEIC', 4, 'ftyphei', 'ftyphev', 'ftypmif1', 'ftypmsf1'],
  ['JPEG XL', 0, '\xff\x0a', '\0\0\0\x0cJXL '],
  ['JPEG 2000', 0, '\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'],
  ['Photoshop', 0, '8BPS'],
  ['Windows icon', 0, '\0\0\x01\0'],
];

/**
 * Type, size and orientation of an image.
 * @param formats formats that are decoded, which messages name; an image of another one is read all the same
 * @throws WhylightError `invalid_image` when the bytes are no image or end within the header;
 *   `unsupported_media_type` for other kinds of image and animated WebP.
 */
export function sniff(bytes: Uint8Array, formats: readonly ImageFormat[] = IMAGE_FORMATS): ImageHeader {
  if (bytes.length === 0) {
    throw invalid(`The image is empty (0 bytes). ${advice(formats).sendBytes}`, { bytes: 0 });
  }
  const start = latin1(bytes, 0, 64);
  if (start.startsWith('\xff\xd8\xff')) return jpegHeader(bytes);
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return pngHeader(bytes);
  if (start.startsWith('RIFF') && start.startsWith('WEBP', 8)) return webpHeader(bytes);
  if (/^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(start)) {
    throw invalid(`The bytes look like text, whatever the name or content type says. ${advice(formats).send}`, {
      bytes: bytes.length,
      allowed: typesOf(formats),
    });
  }
  const kind = OTHER_KINDS.find(([, offset, ...signatures]) =>
    signatures.some((s) => start.startsWith(s, offset)),
  )?.[0];
  if (kind) {
    throw unsupported(`This is ${withArticle(kind)} file. ${advice(formats).convert}`, {
      kind,
      allowed: typesOf(formats),
    });
  }
  throw invalid(`The bytes are not those of an image that is known here. ${advice(formats).send}`, {
    bytes: bytes.length,
    allowed: typesOf(formats),
  });
}

/** Markers that stand alone, without a length: TEM, RST0..7, SOI. */
const standsAlone = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
/** Frame headers: SOF0..15 without DHT, JPG and DAC, which lie between them. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** Maximum number of blocks of 8x8 samples in a unit of a scan of several components (B.2.3). */
const MAX_UNIT = 10;

/** Samples of all components in a frame header (B.2.2), each with its own sampling factors. */
function samplesOf(frame: Uint8Array): Pick<JpegFrame, 'samples' | 'isSeparate'> {
  const [height, width, count] = [uint16(frame, 1), uint16(frame, 3), frame[5] as number];
  const factors = Array.from({ length: count }, (_, i) => (frame[7 + 3 * i] ?? 0x11) as number);
  const [wide, high] = [Math.max(...factors.map((f) => f >> 4)), Math.max(...factors.map((f) => f & 15))];
  const unit = factors.reduce((sum, f) => sum + (f >> 4) * (f & 15), 0);
  return { samples: Math.ceil((width * height * unit) / (wide * high)), isSeparate: count > 1 && unit > MAX_UNIT };
}

/** ITU-T T.81, annex B: segments up to the first scan header, or up to the frame header where the file ends behind it. */
function jpegHeader(bytes: Uint8Array): ImageHeader {
  let orientation: Orientation | undefined;
  let frame: JpegFrame | undefined;
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff || bytes[at + 1] === 0xff || bytes[at + 1] === 0) {
      at++; // fill bytes, or junk that decoders skip as well
      continue;
    }
    const marker = bytes[at + 1] as number;
    if (standsAlone(marker)) {
      at += 2;
      continue;
    }
    const length = uint16(bytes, at + 2);
    const body = bytes.subarray(at + 4, at + 2 + length);
    if (marker === 0xd9 || marker === 0xda || length < 2 || at + 2 + length > bytes.length) break;
    if (isFrame(marker)) frame ??= jpegFrame(marker, body);
    if (marker === 0xe1 && latin1(body, 0, 6) === 'Exif\0\0') orientation ??= exifOrientation(body.subarray(6));
    at += 2 + length;
  }
  if (!frame) throw truncated('JPEG', bytes);
  const { isProgressive, isSeparate, samples, ...header } = frame;
  // The first scan of a file of one scan has all components.
  const hasSeveralScans = isProgressive || (bytes[at + 1] === 0xda && (bytes[at + 4] as number) < header.components);
  return {
    type: 'image/jpeg',
    ...header,
    orientation,
    ...(hasSeveralScans && { coefficients: samples, ...(isSeparate && { isSeparate }) }),
  };
}

interface JpegFrame extends Pick<ImageHeader, 'width' | 'height' | 'components'> {
  readonly isProgressive: boolean;
  readonly isSeparate: boolean;
  readonly samples: number;
}

/** @returns undefined where the header is cut short */
function jpegFrame(marker: number, body: Uint8Array): JpegFrame | undefined {
  if (body.length < 6) return undefined;
  const [precision, components] = [body[0] as number, body[5] as number];
  const [height, width] = [uint16(body, 1), uint16(body, 3)];
  if (width === 0 || height === 0) {
    throw invalid(`The JPEG header says ${width}x${height} pixels.`, { width, height });
  }
  if (components !== 1 && components !== 3 && components !== 4) {
    throw unsupported(
      `This is a JPEG with ${components} colour components. Send it in RGB or grey: convert the image first.`,
      { components },
    );
  }
  if (precision !== 8) {
    throw unsupported(`This JPEG has ${precision} bits per component. Send one with 8.`, { precision });
  }
  return { width, height, components, isProgressive: marker === 0xc2, ...samplesOf(body) };
}

const PNG_COMPONENTS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };

/** W3C PNG, 11.2.1: the IHDR chunk comes first. The eXIf chunk may stand before or after the image's data. */
function pngHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length < 33) throw truncated('PNG', bytes);
  const [width, height] = [uint32(bytes, 16), uint32(bytes, 20)];
  const components = PNG_COMPONENTS[bytes[25] as number];
  if (latin1(bytes, 12, 4) !== 'IHDR' || width === 0 || height === 0 || components === undefined) {
    throw invalid('The PNG header is damaged: it holds no valid IHDR chunk.', { width, height });
  }
  let orientation: Orientation | undefined;
  for (let at = 33; at + 12 <= bytes.length; ) {
    const length = uint32(bytes, at);
    if (latin1(bytes, at + 4, 4) === 'eXIf') {
      orientation ??= exifOrientation(bytes.subarray(at + 8, at + 8 + length));
    }
    at += 12 + length;
  }
  return { type: 'image/png', width, height, components, orientation };
}

/** RFC 9649: a lossy (VP8), lossless (VP8L) or extended (VP8X) first chunk. */
function webpHeader(bytes: Uint8Array): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 30 || view.getUint32(4, true) + 8 > bytes.length) throw truncated('WebP', bytes);
  const type = 'image/webp';
  const chunk = latin1(bytes, 12, 4);
  if (chunk === 'VP8 ' && latin1(bytes, 23, 3) === '\x9d\x01\x2a') {
    const [width, height] = [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
    if (width > 0 && height > 0) return { type, width, height, components: 3 };
  } else if (chunk === 'VP8L' && bytes[20] === 0x2f) {
    const bits = view.getUint32(21, true);
    const alpha = (bits >>> 28) & 1;
    const [width, height] = [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
    return { type, width, height, components: 3 + alpha, isLossless: true };
  } else if (chunk === 'VP8X') {
    const flags = bytes[20] as number;
    if (flags & 0x02) {
      throw unsupported('This is an animated WebP. Send a still image.', { kind: 'animated WebP' });
    }
    const [width, height] = [uint24(bytes, 24) + 1, uint24(bytes, 27) + 1];
    const exif = webpChunk(bytes, view, 'EXIF');
    return {
      type,
      width,
      height,
      components: flags & 0x10 ? 4 : 3,
      orientation: exif && webpOrientation(exif),
      ...(webpChunk(bytes, view, 'VP8L') && { isLossless: true }),
    };
  }
  throw invalid('The WebP header is damaged: its first chunk is not a valid VP8, VP8L or VP8X.', { chunk });
}

/** Contents of the first chunk of this name behind VP8X; undefined where there is none. */
function webpChunk(bytes: Uint8Array, view: DataView, name: string): Uint8Array | undefined {
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    if (latin1(bytes, at, 4) === name) return bytes.subarray(at + 8, at + 8 + length);
    at += 8 + length + (length & 1);
  }
  return undefined;
}

function webpOrientation(exif: Uint8Array): Orientation | undefined {
  const prefix = latin1(exif, 0, 6) === 'Exif\0\0' ? 6 : 0; // some writers keep the JPEG segment's name
  return exifOrientation(exif.subarray(prefix));
}

/** Reads two bytes, the higher first; what lies behind the end counts as 0. */
export const uint16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
const uint32 = (bytes: Uint8Array, at: number) => uint16(bytes, at) * 0x10000 + uint16(bytes, at + 2);
/** Little-endian, as only WebP has it. */
const uint24 = (bytes: Uint8Array, at: number) =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
const latin1 = (bytes: Uint8Array, at: number, length: number) =>
  String.fromCharCode(...bytes.subarray(at, at + length));

const invalid = (message: string, details: Record<string, unknown>) =>
  new WhylightError('invalid_image', message, details);
const unsupported = (message: string, details: Record<string, unknown>) =>
  new WhylightError('unsupported_media_type', message, details);
const truncated = (kind: string, bytes: Uint8Array) =>
  invalid(`The ${kind} file is cut short or damaged: its header is not complete. Send the whole file.`, {
    bytes: bytes.length,
  });
