/** Image files as a model takes them. */
import { WhylightError } from '../core/errors.ts';
import type { PlacedImage } from '../core/image/placement.ts';
import { detailOf, preprocess } from '../core/image/preprocess.ts';
import type { Model } from '../core/model/model.ts';
import type { Inputs } from '../core/tensor/rows.ts';
import { nodeCodecs } from './codecs.ts';

export interface ImageInput extends PlacedImage {
  /** The image as the model takes it. */
  readonly inputs: Inputs;
}

/**
 * Decodes an image file and makes the model's input of it.
 * @throws WhylightError `invalid_image`, `unsupported_media_type`, and `invalid_config` when nothing says how the model takes its images.
 */
export async function openImage(bytes: Uint8Array, model: Model): Promise<ImageInput> {
  const { preprocessing } = model;
  if (!preprocessing) {
    throw new WhylightError(
      'invalid_config',
      `Nothing says how an image becomes the input of ${model.name}: give --scale, --mean, --std and --resize, or a manifest beside the model.`,
    );
  }
  const [input] = model.graph.inputs;
  const image = await nodeCodecs().decode(bytes, { detail: detailOf(preprocessing) });
  const { tensor, placement } = preprocess(image, preprocessing);
  return { image, inputs: { [input?.name ?? '']: tensor }, placement };
}
