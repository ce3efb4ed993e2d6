/**
 * The description of a model: what is known about its inputs and outputs before anything runs, each fact with the
 * source that it was taken from, and doubts with a way to settle them.
 */
import type { ColumnFact } from '../columns/facts.ts';
import type { Preprocessing } from '../image/preprocess.ts';
import type { WordInput } from '../onnx/words/dictionary.ts';
import type { DataType } from '../tensor/tensor.ts';

/** Origin of a fact, strongest first: a request, the manifest, a file beside the model, the file's metadata, the graph. */
export type FactSource = 'request' | 'manifest' | `file:${string}` | `metadata:${string}` | 'graph' | 'default';

export interface Fact<T> {
  readonly value: T;
  readonly source: FactSource;
}

/** Kind of data that an input holds. Third parties may add others. */
export type ModalityId = 'image' | 'text' | 'tabular' | 'series' | 'audio' | 'tensor' | (string & {});

/** Tasks that whylight knows; `values` says that nothing is known. */
export const TASK_IDS = [
  'classification',
  'multi_label',
  'regression',
  'object_detection',
  'oriented_detection',
  'pose',
  'instance_segmentation',
  'segmentation',
  'depth',
  'image_to_image',
  'token_classification',
  'question_answering',
  'next_token',
  'fill_mask',
  'similarity',
  'values',
] as const;

/** Question that an output answers. Third parties may add others. */
export type TaskId = (typeof TASK_IDS)[number] | (string & {});

/**
 * Part that an input plays: `explained` inputs are perturbed and get an attribution, `fixed` ones (masks, token types,
 * scalars) are fed as they are given, and so is `state`, which a caller carries from one run to the next.
 */
export type Role = 'explained' | 'fixed' | 'state';

/** Function that the graph has applied to the scores of an output. */
export type Activation = 'none' | 'softmax' | 'sigmoid' | 'log_softmax' | 'log_sigmoid' | 'exp_normalised';

/** True for scores of classes that do not exclude each other. */
export const isIndependent = (activation: Activation): boolean =>
  activation === 'sigmoid' || activation === 'log_sigmoid';

export interface InputFact {
  readonly name: string;
  readonly dtype: DataType;
  /** As the file states it; open dims are names, or `?` where the file has none. */
  readonly shape: readonly (number | string)[];
  readonly modality: Fact<ModalityId>;
  /** One letter for each axis, e.g. `NCHW`, `NTC`, `NT`; N counts rows. */
  readonly layout: Fact<string>;
  /** Axis that counts rows; null for an input without rows. */
  readonly batchAxis: Fact<number | null>;
  readonly role: Fact<Role>;
  readonly preprocessing?: Fact<Preprocessing>;
  /** Columns of a table, one for each element of a row: what encoders and imputers in the graph say of them. */
  readonly columns?: Fact<readonly ColumnFact[]>;
  /** Words that the input takes, by their codes; `dtype` and `shape` are those of the codes. */
  readonly words?: WordInput;
}

export interface OutputFact {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly (number | string)[];
  readonly task: Fact<TaskId>;
  /** Axis that counts classes; null where there are none. Absent where it cannot be known. */
  readonly classAxis?: Fact<number | null>;
  readonly batchAxis: Fact<number | null>;
  readonly activation: Fact<Activation>;
  /** Tensor in front of the activation; the output itself where there is none. */
  readonly logits: string;
  readonly labels?: Fact<LabelFact>;
}

/** Names of the classes along the class axis. */
export interface LabelFact {
  readonly names: readonly string[];
  /** Index of the first class along the class axis: 1 behind a background class, 4 behind the rows of a box. */
  readonly first: number;
}

/** Something about a model that is not certain, with the way to settle it. */
export interface Doubt {
  /** `class_axis`, `task`, `labels`, `preprocessing`, `batch_axis`, ... */
  readonly about: string;
  /** Input or output that it is about. */
  readonly tensor?: string;
  /** One sentence with the fact, one with the flag or the key of the manifest that settles it. */
  readonly message: string;
  /** An explanation would be wrong if the guess were: nothing is explained until the request settles it. */
  readonly blocking?: boolean;
}

/** Description of a model: its inputs and outputs with modality, layout, preprocessing and task. */
export interface ModelDescription {
  readonly inputs: readonly InputFact[];
  readonly outputs: readonly OutputFact[];
  /** Output that is explained unless a request names another. */
  readonly explained: OutputFact;
  readonly doubts: readonly Doubt[];
}
