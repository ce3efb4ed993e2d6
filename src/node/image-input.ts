/** Image files as a model takes them. */
import type { Model } from '../core/model/model.ts';
import { type ImageInput, readImageInput } from '../library/image-subject.ts';
import { nodeCodecs } from './codecs.ts';

export type { ImageInput } from '../library/image-subject.ts';

/**
 * Decodes an image file and makes the model's input of it.
 * @throws WhylightError as {@link readImageInput} does
 */
export const openImage = (bytes: Uint8Array, model: Model): Promise<ImageInput> =>
  readImageInput(bytes, model, nodeCodecs());
