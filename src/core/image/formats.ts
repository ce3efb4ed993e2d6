/** Formats of image files, and the words of messages about them. */
import { withArticle } from '../counted.ts';
import { WhylightError } from '../errors.ts';

/** Formats that there are decoders for. */
export const IMAGE_FORMATS = ['jpeg', 'png', 'webp'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** Media type of an image file. */
export type ImageType = `image/${ImageFormat}`;

/** Media types of formats, in their order. */
export const typesOf = (formats: readonly ImageFormat[]): ImageType[] =>
  formats.map((format): ImageType => `image/${format}`);

export const IMAGE_TYPES: readonly ImageType[] = typesOf(IMAGE_FORMATS);

const NAMES: Readonly<Record<ImageFormat, string>> = { jpeg: 'JPEG', png: 'PNG', webp: 'WebP' };

/**
 * Names of at least one format.
 * @example namesOf(['jpeg', 'png', 'webp']) // 'JPEG, PNG or WebP'
 */
function namesOf(formats: readonly ImageFormat[]): string {
  const names = formats.map((format) => NAMES[format]);
  return [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' or ');
}

/** Sentences that tell the client to send one of these formats. */
export const advice = (formats: readonly ImageFormat[]) =>
  formats.length === 0
    ? { send: NO_IMAGES, sendBytes: NO_IMAGES, convert: NO_IMAGES }
    : {
        send: `Send a ${namesOf(formats)} file.`,
        sendBytes: `Send the bytes of a ${namesOf(formats)} file.`,
        convert: `Send ${namesOf(formats)}: convert the image first.`,
      };

const NO_IMAGES = 'No images are decoded here: send tensors.';

/**
 * Refuses an image whose format has a decoder, but none in this build.
 * @param formats formats that are decoded
 * @throws WhylightError `unsupported_media_type`
 */
export function refuseOtherFormat(format: ImageFormat, formats: readonly ImageFormat[]): void {
  if (formats.includes(format)) return;
  const kind = NAMES[format];
  throw new WhylightError(
    'unsupported_media_type',
    `This is ${withArticle(kind)} file, which is not decoded here. ${advice(formats).convert} To have it decoded, add "${format}" to "codecs" in plugins.config.json and build again.`,
    { kind, allowed: typesOf(formats) },
  );
}
