/** Image of a request: as the tensor of a model, and to draw over. */
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import type { DecodeOptions, ImageCodecs } from '../../core/image/codecs/codecs.ts';
import type { Image } from '../../core/image/image.ts';
import { overlaySchema } from '../../core/image/overlay-options.ts';
import { coveredOf, type PlacedImage, type PlacedSize, resizePlaced } from '../../core/image/placement.ts';
import { detailOf, type Preprocessing, placementOf, tensorDetail } from '../../core/image/preprocess.ts';
import { answered } from '../../core/method/answered.ts';
import { imageInputs } from '../../core/model/image-tensor.ts';
import type { Model } from '../../core/model/model.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import type { Parameters } from '../../protocol/open-inference.ts';

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
  /** See `DecodeOptions.maxBytes`. */
  readonly maxBytes?: DecodeOptions['maxBytes'] | undefined;
  /**
   * Longer side of a drawing, in pixels, where there will be one: pixels that serve the model and the drawing are decoded
   * once, and no more of them kept than it shows.
   */
  readonly drawn?: number;
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
  const { maxPixels, maxBytes, drawn = Number.POSITIVE_INFINITY } = options;
  const limits = { maxPixels, ...(maxBytes && { maxBytes }) };
  let decoded: Promise<ModelImage> | undefined;
  let drawing: Promise<PlacedImage> | undefined;
  const forModel = (): Promise<ModelImage> =>
    (decoded ??= answered(() =>
      codecs.read(bytes, (image) => modelImage(image, model, preprocessing, options.drawn), {
        ...limits,
        ...tensorDetail(preprocessing),
      }),
    ));
  const forDrawing = async (): Promise<PlacedImage> => {
    const kept = await decoded?.then(({ kept }) => kept);
    const detail = detailOf(preprocessing);
    const draw = () => codecs.read(bytes, (image) => drawable(image, preprocessing, drawn), { ...limits, detail });
    return kept ?? answered(draw);
  };
  return {
    digest: async () => `image:${await sha256Hex(bytes)}`,
    inputs: async () => (await forModel()).inputs,
    seen: forModel,
    image: () => (drawing ??= forDrawing()),
    prepared: async () => undefined,
  };
}

/** Longer side of the drawing that a request may ask for; one of a wrong size is refused before it is drawn. */
export function drawnAt(accept: string | undefined, { max_size: side }: Parameters): Pick<ImageInputOptions, 'drawn'> {
  if (!/image\/|text\/html/.test(accept ?? '')) return {};
  const given = overlaySchema.shape.max_size.safeParse(side === undefined ? undefined : Number(side));
  return given.success ? { drawn: given.data } : {};
}

interface ModelImage extends PlacedSize {
  readonly inputs: Inputs;
  /** Image for a drawing. */
  readonly kept?: PlacedImage;
}

/**
 * Makes the tensor of pixels that are overwritten afterwards: they are kept where there will be a drawing and are detailed
 * enough for it. The tensor is made of the same pixels whether there is a drawing or not.
 */
function modelImage(image: Image, model: Model, preprocessing: Preprocessing, drawn: number | undefined): ModelImage {
  const { data: _, ...size } = image;
  const { width, height } = coveredOf(image);
  const isDetailed = !image.original || Math.max(width, height) >= detailOf(preprocessing);
  return {
    ...imageInputs(model, image, preprocessing),
    image: size,
    ...(drawn !== undefined && isDetailed && { kept: drawable(image, preprocessing, drawn) }),
  };
}

/** A copy of an image that is not larger than a drawing. */
function drawable(image: Image, preprocessing: Preprocessing, side: number): PlacedImage {
  const placement = placementOf(image, preprocessing);
  if (Math.max(image.width, image.height) > side) return resizePlaced({ image, placement }, side);
  return { image: { ...image, data: image.data.slice() }, placement };
}
