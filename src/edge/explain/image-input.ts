/** Image of a request: as the tensor of a model, and to draw over. */
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import type { ImageCodecs } from '../../core/image/codecs/codecs.ts';
import type { Image } from '../../core/image/image.ts';
import { coveredOf, type PlacedImage, type PlacedSize } from '../../core/image/placement.ts';
import { detailOf, type Preprocessing, placementOf, tensorDetail } from '../../core/image/preprocess.ts';
import { imageInputs } from '../../core/model/image-tensor.ts';
import type { Model } from '../../core/model/model.ts';
import type { Inputs } from '../../core/tensor/rows.ts';

export interface ImageInput {
  digest(): Promise<string>;
  /** Tensor of the model, by the name of its input. */
  inputs(): Promise<Inputs>;
  /** Size of the upright original and the region of it that the model sees. */
  seen(): Promise<PlacedSize>;
  /** The same with the image, to draw over. */
  image(): Promise<PlacedImage>;
  prepared(): Promise<undefined>;
}

export interface ImageInputOptions {
  /** Maximum number of pixels, as the header of the file declares them. */
  readonly maxPixels: number;
  /** True if there will be a drawing: pixels that serve the model and the drawing are decoded once. */
  readonly drawn: boolean;
}

/**
 * Makes the input of an image file.
 * @throws WhylightError `unsupported_media_type` where the model takes no image
 */
export function imageInput(
  bytes: Uint8Array,
  model: Model,
  codecs: ImageCodecs,
  options: ImageInputOptions,
): ImageInput {
  const { preprocessing } = model;
  if (!preprocessing || model.graph.inputs.length !== 1) {
    throw new WhylightError(
      'unsupported_media_type',
      `The manifest of the model ${model.name} does not say how an image becomes its input. Send tensors, as application/json.`,
      { inputs: model.graph.inputs.map(({ name }) => name) },
    );
  }
  // Decoded at most once for each purpose, and only when needed: a cached JSON answer needs no image.
  const { maxPixels, drawn } = options;
  let decoded: Promise<ModelImage> | undefined;
  let drawing: Promise<PlacedImage> | undefined;
  const forModel = (): Promise<ModelImage> =>
    (decoded ??= codecs.read(bytes, (image) => modelImage(image, model, preprocessing, drawn), {
      maxPixels,
      ...tensorDetail(preprocessing),
    }));
  const forDrawing = async (): Promise<PlacedImage> => {
    const kept = await decoded?.then(({ kept }) => kept);
    const image = kept ?? (await codecs.decode(bytes, { maxPixels, detail: detailOf(preprocessing) }));
    return { image, placement: placementOf(image, preprocessing) };
  };
  return {
    digest: async () => `image:${await sha256Hex(bytes)}`,
    inputs: async () => (await forModel()).inputs,
    seen: forModel,
    image: () => (drawing ??= forDrawing()),
    prepared: async () => undefined,
  };
}

interface ModelImage extends PlacedSize {
  readonly inputs: Inputs;
  /** Pixels that a drawing may use. */
  readonly kept?: Image;
}

/**
 * Makes the tensor of pixels that are overwritten afterwards: they are kept where there will be a drawing and are detailed
 * enough for it. The tensor is made of the same pixels whether there is a drawing or not.
 */
function modelImage(image: Image, model: Model, preprocessing: Preprocessing, drawn: boolean): ModelImage {
  const { data, ...size } = image;
  const { width, height } = coveredOf(image);
  const isDetailed = !image.original || Math.max(width, height) >= detailOf(preprocessing);
  return {
    ...imageInputs(model, image, preprocessing),
    image: size,
    ...(drawn && isDetailed && { kept: { ...image, data: data.slice() } }),
  };
}
