/** Memory that decoding an image takes. */
import { WhylightError } from '../../errors.ts';
import type { ImageHeader } from '../sniff.ts';
import { type Reduction, reduced } from './codec.ts';

const MEGA = 1_000_000;

const FORMAT_NAMES = { 'image/jpeg': 'JPEG', 'image/png': 'PNG', 'image/webp': 'WebP' } as const;

/** Bytes of one coefficient of a JPEG. */
const COEFFICIENT_BYTES = 2;
/** Bytes of coefficients that are held until the last scan, as those of 1920x1080 pixels with halved colours. */
const MAX_COEFFICIENT_BYTES = 6_500_000;
/** Bytes of a rewritten file and of its copy in the decoder, per byte of the file. */
const REWRITTEN_BYTES = 2.7;

/** Bytes that libwebp takes for each pixel, beside the file: transparency is decoded as a second image, without loss. */
const WEBP_BYTES = { lossy: 4.2, lossless: 8.2, transparent: 10.2 } as const;

/**
 * True for a JPEG of several scans with so many coefficients that it is rewritten as one of a single scan: that takes less
 * memory and more time, and gives the same pixels.
 */
export const isRewritten = ({ coefficients = 0, isSeparate = false }: ImageHeader): boolean =>
  !isSeparate && COEFFICIENT_BYTES * coefficients > MAX_COEFFICIENT_BYTES;

/**
 * Memory that decoding takes at its peak, in bytes: the decoder's own and the image that is copied out of it. A JPEG of
 * one scan is decoded a few lines at a time.
 * @param length of the file, in bytes
 */
export function memoryOf(header: ImageHeader, reduction: Reduction, length: number): number {
  const { type, width, height, components, coefficients = 0, isLossless } = header;
  const full = width * height;
  const out = reduced(width, reduction) * reduced(height, reduction) * 4;
  if (type === 'image/jpeg') {
    return 2 * out + (isRewritten(header) ? REWRITTEN_BYTES * length : COEFFICIENT_BYTES * coefficients);
  }
  if (type === 'image/png') return full * (reduction === 1 ? 10 : 14) + length + out;
  const { lossless, lossy, transparent } = WEBP_BYTES;
  return full * (isLossless ? lossless : components === 4 ? transparent : lossy) + length + out;
}

/** @throws WhylightError `payload_too_large` where decoding takes more bytes than there are */
export function refuseTooHeavy(header: ImageHeader, bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  const { type, width, height, coefficients } = header;
  const format = FORMAT_NAMES[type];
  const isJpeg = type === 'image/jpeg';
  const kind = coefficients === undefined ? format : `${format} of several scans (progressive)`;
  const other = coefficients === undefined ? 'a JPEG' : 'one of a single scan (baseline)';
  throw new WhylightError(
    'payload_too_large',
    `The image has ${width}x${height} pixels, and decoding a ${kind} of that size takes ` +
      `${Math.ceil(bytes / MEGA)} MB of memory, more than the ${Math.floor(maxBytes / MEGA)} MB allowed here. ` +
      `Send a smaller one${isJpeg && coefficients === undefined ? '' : `, or ${other}, which is decoded in parts`}.`,
    { width, height, bytes: Math.round(bytes), max_bytes: maxBytes },
  );
}
