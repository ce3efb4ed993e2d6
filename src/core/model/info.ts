/** Facts about a model that methods, metrics and the planner read. */
import type { Graph } from '../onnx/graph.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { LayerLayout } from './cam/cam-layer.ts';

/** Name, element type and shape of one tensor of a graph. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Tensor['dtype'];
  /** Shape of one row, without the batch dim. Dims that are not known before the run are strings. */
  readonly dims: readonly (number | string)[];
  /** Index into `dims` of the channels of an image, a series or a feature map; absent for vectors and tokens. */
  readonly channelAxis?: number;
}

/** A tensor at which gradients end. */
export interface SourceInfo extends TensorInfo {
  /** Input that it is, or whose embedding it is. */
  readonly input: string;
  /**
   * Element of the input's row that each position of an embedding is looked up for, -1 for none; left out where the
   * positions are the elements in their order.
   */
  readonly elements?: readonly number[];
  /** The `elements` of each input by its name, of ids of several inputs that are put together before they are looked up. */
  readonly shared?: Readonly<Record<string, readonly number[]>>;
}

/** Pieces of one row that a person would point at: words, columns, windows. */
export interface RowFeatures {
  readonly count: number;
  /** By input name: number of the feature of each element of the row, -1 for elements of none (special tokens). */
  readonly mask: Readonly<Record<string, Int32Array>>;
  /** Name of each feature, as a sentence would call it: `excellent`, `petal width = 1.8`. */
  readonly names?: readonly string[];
}

/** Function that turns scores into probabilities, or `given` when they are probabilities already. */
export type Probability = 'softmax' | 'sigmoid' | 'exponential' | 'given';

/** Direction in the channels of a layer that stands for a concept. */
export interface Concept {
  /** Name of the tensor. */
  readonly layer: string;
  /** One number for each channel. */
  readonly vector: readonly number[];
}

/** Facts about a model that are known before anything runs. */
export interface ModelInfo {
  readonly inputs: readonly TensorInfo[];
  /** Features of the explained row, where a modality read it. */
  readonly features?: RowFeatures;
  /**
   * Tensors that gradients are taken for: each floating point input, and for an integer input (token ids) the embeddings
   * that it is looked up for, one for each table.
   */
  readonly sources: readonly SourceInfo[];
  /** The tensor whose elements are explained: the logits, even when the graph goes on to a softmax. */
  readonly scores: TensorInfo;
  /** Function that turns the scores into probabilities; absent where they are no scores of classes. */
  readonly probability?: Probability;
  /**
   * The tensor that CAM methods use unless told otherwise: the last one from which every later step mixes places by
   * pooling or a class token alone. That is the feature map before pooling, or the tokens that the last attention or
   * token mixing starts from.
   */
  readonly camLayer?: TensorInfo | undefined;
  /** True where the score speaks of one place of the image, such as a box, and other places may have no part in it. */
  readonly isLocal?: boolean;
  /** Every spatial tensor between input and scores, nearest to the scores first. */
  readonly spatialLayers: readonly TensorInfo[];
  /** Order of channels and places in a layer, where the places of the image are followed through the graph. */
  layout?(name: string): LayerLayout | undefined;
  /** Concepts that are kept with the model, by name. */
  readonly concepts?: Readonly<Record<string, Concept>>;
  /** The model itself, for methods that read its structure: weights of the classifier, biases, attention maps. */
  readonly graph: Graph;
  /**
   * The tensor of this name.
   * @throws WhylightError `layer_not_found` with the nearest names.
   */
  tensor(name: string): TensorInfo;
}

/** The image input: three dims in a row, one of which counts channels. Undefined when the model has none. */
export const imageInput = ({ inputs }: Pick<ModelInfo, 'inputs'>): (TensorInfo & { channelAxis: number }) | undefined =>
  inputs.find(
    (input): input is TensorInfo & { channelAxis: number } =>
      input.dims.length === 3 && input.channelAxis !== undefined,
  );
