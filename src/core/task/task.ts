/**
 * The contract of tasks: from outputs of a model to predictions that a person recognises, and from a chosen prediction
 * to one number that every saliency method can explain.
 */
import type { PlacedSize } from '../image/placement.ts';
import type { CodedMask } from '../image/run-length.ts';
import type { Vocabulary } from '../modality/modality.ts';
import type { ShapeFacts } from '../model/describe/output-form.ts';
import type { ModelDescription, TaskId } from '../model/description.ts';
import type { BuildTensor } from '../model/made-tensor.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Outputs of one row, by name, batch axis first (dim 1). */
export type TaskOutputs = Readonly<Record<string, Tensor<'float32'>>>;

/** One answer of the model. Positions of images are in pixels of the upright original image. */
export interface Prediction {
  readonly label?: string;
  /** Index of the class, as the labels count. */
  readonly class?: number;
  /** Element of the scores (usually the logit), a regression's value, or a detector's confidence. */
  readonly score: number;
  readonly probability?: number;
  /** `[x0, y0, x1, y1]` */
  readonly box?: readonly [number, number, number, number];
  /** COCO run-length encoding of an instance, `size` being [height, width]. */
  readonly mask?: CodedMask;
  /** `[x, y, score]` each. */
  readonly keypoints?: readonly (readonly [number, number, number])[];
  /** Radians, clockwise from the x axis. */
  readonly angle?: number;
  /** Index of a token or of a cell. */
  readonly position?: number | readonly number[];
  /** Words that the tokens of the position or of the span belong to. */
  readonly word?: string;
  /** First UTF-16 unit of these words in the text; in a pair, both texts count as one with a line break in between. */
  readonly start?: number;
  /** UTF-16 unit behind the last one of these words. */
  readonly end?: number;
  /** First and last token (inclusive) of an answer. */
  readonly span?: readonly [number, number];
}

/**
 * Number that is explained for a box: its `confidence` (objectness times class probability), its `class` probability
 * alone, or its `similarity` to the box of the undisturbed run.
 */
export const BOX_SCORES = ['confidence', 'class', 'similarity'] as const;
export type BoxScore = (typeof BOX_SCORES)[number];

/** Facts for a task beside the outputs. */
export interface TaskContext {
  readonly description: ModelDescription;
  /** Size of the upright image that the model saw, and the part of it that it was shown. */
  readonly image?: PlacedSize;
  /** Height and width of the image input, in pixels of the tensor. */
  readonly inputSize?: readonly [number, number];
  /** Predictions below this score are left out; the task's own default when absent. */
  readonly threshold?: number;
  /** Number that is explained for a box; `confidence` when absent. */
  readonly boxScore?: BoxScore;
  /** Key point of the chosen box that is explained, by number from 0 or by name; the box itself when absent. */
  readonly keypoint?: number | string;
  /** Number of predictions at most. */
  readonly top?: number;
  /** Not 0 for each token that predictions may be at, see {@link Task.tokens}; every token when absent. */
  readonly attentionMask?: ArrayLike<number | bigint>;
  /** Names of the tokens that are the classes of a language model. */
  readonly vocabulary?: Vocabulary;
  /** Positions that are asked about: the mask tokens of a text. */
  readonly positions?: readonly number[];
  /** Embedding to compare with, for similarity. */
  readonly similarTo?: ArrayLike<number>;
  /** Metadata of the ONNX file (`metadata_props`). */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A number of the outputs: a weighted sum of elements of one tensor, and how it is found again in a perturbed run. */
export interface TaskTarget {
  /** Tensor whose elements are explained: an output, an inner tensor, or the one that `build` makes. */
  readonly output: string;
  readonly weights: readonly { readonly index: number; readonly weight: number }[];
  readonly class?: number;
  readonly label?: string;
  /** Elements of `output` that are the other classes at the same place; absent where the axis holds classes alone. */
  readonly rivals?: readonly number[];
  /**
   * Height and width of the place that the number speaks of (a box), in pixels of the input tensor: class activation
   * maps take a layer that sees as much.
   */
  readonly extent?: readonly [height: number, width: number];
  /** Element of an output of the model that comes from the same part of the network, where `output` is made of many. */
  readonly element?: { readonly output: string; readonly index: number };
  /**
   * The number for methods that differentiate, where it is another one than the weighted sum: a similarity, whose value at
   * the undisturbed input is the same. The reason where it has no derivative.
   */
  readonly differentiated?:
    | Required<Pick<TaskTarget, 'output' | 'weights' | 'build' | 'element'>>
    | { readonly refusal: string };
  /** Number of the explained prediction among those of the run; absent where it is none of them. */
  readonly prediction?: number;
  /**
   * Nodes of the tensor `output`, `[N, ...]`, where the number is no weighted sum of one tensor of the model (a cosine,
   * objectness times class, start and end of an answer). The name of the output tells all that the nodes depend on,
   * because a graph is compiled once for each name: what differs from request to request belongs in the weights.
   */
  readonly build?: BuildTensor;
  /**
   * The number in the outputs of a perturbed run, where elements do not keep their meaning (a box after suppression is
   * found again by overlap and class; 0 when it is gone). The weighted sum when absent.
   */
  readonly follow?: (outputs: TaskOutputs) => number;
  /** Score from which on the prediction counts as found, where it is followed. */
  readonly threshold?: number;
  /** Class that wins at the place of the target, from the elements of `output` of a perturbed run; places of classes. */
  readonly winner?: (scores: Float32Array) => number;
  /** Similarity of the target to the nearest prediction in a perturbed run, 0 to 1 (D-RISE); boxes have one. */
  readonly similarity?: (outputs: TaskOutputs) => number;
}

/** A choice among the predictions. */
export type TargetChoice =
  | { readonly prediction: number }
  | { readonly label: string }
  | { readonly class: number }
  /** Pixels of the upright original image. */
  | { readonly point: readonly [number, number] }
  | { readonly box: readonly [number, number, number, number] };

/** Version of the task contract. */
export const TASK_API_VERSION = 1;

/** Task: from outputs to predictions, and from a choice among them to weights of the scores. */
export interface Task {
  readonly apiVersion: typeof TASK_API_VERSION;
  readonly id: TaskId;
  readonly about: { readonly title: string; readonly summary: string };
  /** Predictions have a place in the input (boxes, tokens, pixels): a class alone does not say which one is meant. */
  readonly hasPlaces?: boolean;
  /** Predictions may have key points that can be explained, see {@link TaskContext.keypoint}. */
  readonly hasKeypoints?: boolean;
  /**
   * Tokens that predictions may be at: those of `words` (no special ones, such as an end of text that the tokenizer
   * appends), or those of the words of the `last_text` of a pair; all that the attention mask leaves when absent.
   */
  readonly tokens?: 'words' | 'last_text';
  /**
   * Evidence between 0 and 1 that the outputs are of this task, from names and shapes alone, before the model is
   * described. It settles the task where nobody states one.
   */
  recogniseShapes?(facts: ShapeFacts): number;
  /**
   * Evidence between 0 (does not fit) and 1 (the file says so) that the explained output is of this task. The task with
   * the most evidence is taken; a tie is a doubt.
   */
  recognise(description: ModelDescription, metadata?: Readonly<Record<string, string>>): number;
  /** False where the outputs cannot be read as this task, whoever states it; they can when absent. */
  fits?(description: ModelDescription, metadata?: Readonly<Record<string, string>>): boolean;
  /** Predictions, best first; empty where nothing was found. */
  read(outputs: TaskOutputs, context: TaskContext): readonly Prediction[];
  /**
   * @throws WhylightError `label_not_found` where the choice names nothing among the predictions
   */
  target(choice: TargetChoice, outputs: TaskOutputs, context: TaskContext): TaskTarget;
}

/** The part of a task that recognises models: all but its reading of outputs. */
export type TaskRecogniser = Omit<Task, 'read' | 'target'>;

/** The part of a task that reads outputs. */
export type TaskReader = Pick<Task, 'read' | 'target'>;
