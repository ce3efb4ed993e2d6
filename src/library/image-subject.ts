/** Image files as a model takes them. */
import { WhylightError } from '../core/errors.ts';
import type { ImageCodecs } from '../core/image/codecs/codecs.ts';
import type { Image } from '../core/image/image.ts';
import type { PlacedImage } from '../core/image/placement.ts';
import { detailOf, type Preprocessing, placementOf, tensorDetail } from '../core/image/preprocess.ts';
import { imageInputs } from '../core/model/image-tensor.ts';
import type { Model } from '../core/model/model.ts';
import type { Inputs } from '../core/tensor/rows.ts';
import { usualPreprocessing } from './usual-preprocessing.ts';

/** Decoders of images. */
export type ImageReader = Pick<ImageCodecs, 'decode' | 'read'>;

export interface ImageInput extends PlacedImage {
  /** The image as the model takes it. */
  readonly inputs: Inputs;
}

/**
 * Decodes an image file and makes the model's input of it.
 * @throws WhylightError `invalid_image`, `unsupported_media_type`, and `invalid_config` when nothing says how the model takes its images.
 */
export async function readImageInput(bytes: Uint8Array, model: Model, codecs: ImageReader): Promise<ImageInput> {
  const preprocessing = preprocessingOf(model);
  const { inputs } = await codecs.read(
    bytes,
    (image) => imageInputs(model, image, preprocessing),
    tensorDetail(preprocessing),
  );
  const image = await codecs.decode(bytes, { detail: detailOf(preprocessing) });
  return { inputs, image, placement: placementOf(image, preprocessing) };
}

/**
 * Makes the model's input of an image.
 * @throws WhylightError `invalid_config` when nothing says how the model takes its images
 */
export function imageInputOf(image: Image, model: Model): ImageInput {
  return { image, ...imageInputs(model, image, preprocessingOf(model)) };
}

function preprocessingOf(model: Model): Preprocessing {
  if (model.preprocessing) return model.preprocessing;
  const usual = usualPreprocessing(model);
  throw new WhylightError(
    'invalid_config',
    `Nothing says how an image becomes the input of ${model.name}: give --scale, --mean, --std and --resize ` +
      '("preprocessing" in the library), or a manifest beside the model.' +
      (usual ? ` ${usual.reason} usually take ${usual.flags}: try these.` : ''),
    usual && { flags: usual.flags, preprocessing: usual.preprocessing },
  );
}
