/**
 * What a saliency method is. A method is a plain object made by `defineMethod`; it sees tensors, its parameters and the
 * context below, never an engine, a web framework or a container.
 */
import type { z } from 'zod';
import type { Random } from '../tensor/random.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** The version of this contract; a plugin of another version is refused when the plugins are built in. */
export const API_VERSION = 1;

export type Strategy = 'gradient' | 'activation' | 'perturbation';
export type Modality = 'image' | 'vector' | 'series' | 'tokens';

/** Rows of every model input, by input name: the first extent of each tensor counts the rows. */
export type Inputs = Readonly<Record<string, Tensor>>;
export type Float32Tensors = Readonly<Record<string, Tensor<'float32'>>>;

export interface Method<S extends z.ZodObject = z.ZodObject> {
  readonly apiVersion: typeof API_VERSION;
  /** The name on the wire, snake_case: `integrated_gradients`. */
  readonly id: string;
  readonly strategy: Strategy;
  /** Raised whenever the same parameters give other numbers: part of the cache key. */
  readonly revision: number;
  readonly about: {
    readonly title: string;
    readonly summary: string;
    readonly paper?: { readonly title: string; readonly year: number; readonly url: string };
    readonly modalities: readonly Modality[];
    readonly properties: {
      /** Values below zero mean evidence against the target. */
      readonly signed: boolean;
      /** The attributions add up to the score's distance from the baseline's score. */
      readonly complete: boolean;
      /** No randomness, whatever the seed. */
      readonly deterministic: boolean;
      /** Another target gives another map. */
      readonly classDiscriminative: boolean;
    };
  };
  /** A flat object of scalars, enums and short arrays, each with a default and a description. */
  readonly params: S;
  /** Which compiled graph the method evaluates. Pure. */
  needs(params: z.output<S>, model: ModelInfo): Needs;
  /** The samples that `explain` will evaluate, exactly. Pure. */
  cost(params: z.output<S>, model: ModelInfo): Cost;
  explain(ctx: ExplainContext<z.output<S>>): Promise<Attribution>;
}

export interface Needs {
  /** Derivatives of the target's score with respect to these tensors of the graph; `'inputs'`: every float input. */
  readonly gradients?: readonly string[] | 'inputs';
  /** The table of backward rules, by its registered name; `gradient` when left out. */
  readonly ruleset?: string;
  /** Inner tensors whose values are wanted. */
  readonly activations?: readonly string[];
}

/** Counted in samples (rows), not milliseconds: a model's profile turns one into the other. */
export interface Cost {
  /** Rows that go through the forward graph alone. */
  readonly forwards: number;
  /** Rows that go through the graph that `needs` asked for, its forward part included. */
  readonly backwards: number;
}

export interface TensorInfo {
  readonly name: string;
  readonly dtype: Tensor['dtype'];
  /** Shape of one row: the batch extent is left out. Extents that are not known before the run are strings. */
  readonly dims: readonly (number | string)[];
}

/** What a method may know of the model before anything runs. */
export interface ModelInfo {
  readonly inputs: readonly TensorInfo[];
  /** The tensor whose elements are explained: the logits, even when the graph goes on to a softmax. */
  readonly scores: TensorInfo;
  /** The tensor that CAM methods use unless told otherwise: the last spatial one before pooling. */
  readonly camLayer?: TensorInfo;
  /** Every spatial tensor between input and scores, nearest to the scores first. */
  readonly spatialLayers: readonly TensorInfo[];
  /**
   * The tensor of this name.
   * @throws WhylightError `layer_not_found` with the nearest names.
   */
  tensor(name: string): TensorInfo;
}

/** What is explained: a weighting of the elements of the scores. One class is a single weight of 1. */
export interface Target {
  /** The class, when the target is one. */
  readonly index?: number;
  readonly label?: string;
  readonly weights: readonly { readonly index: number; readonly weight: number }[];
}

export interface Evaluation {
  /** The target's score of each row. */
  readonly scores: Float32Array;
  /** By tensor name: derivative of each row's score. */
  readonly gradients: Float32Tensors;
  /** By tensor name. */
  readonly activations: Float32Tensors;
}

export interface ExplainContext<P> {
  readonly params: P;
  readonly model: ModelInfo;
  /** One row of each input. */
  readonly inputs: Inputs;
  readonly target: Target;
  /** Counter-based: the same seed gives the same numbers on every machine. */
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Runs rows through the graph that `needs` asked for. Any number of rows: they are packed into batches that fit. */
  evaluate(rows: Inputs): Promise<Evaluation>;
  /** Runs rows forward only. */
  scores(rows: Inputs): Promise<Float32Array>;
  progress(done: number, total: number): void;
  /** Offers a map that is right but not yet precise. */
  partial(attribution: Attribution): void;
}

export interface Attribution {
  /**
   * By input name (shape of the input, one row) or, for a layer attribution, by tensor name. Signed unless the method
   * or its parameters say otherwise.
   */
  readonly values: Float32Tensors;
  /** The target's score of the input, where the method has evaluated it. */
  readonly score?: number;
  readonly baselineScore?: number;
  /** Sum of the attributions minus (score - baselineScore), for complete methods. */
  readonly convergenceDelta?: number;
}
