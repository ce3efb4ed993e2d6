/** Facts about a model file that the field tool holds whylight against, whatever described them. */
import type { TaskId } from '../../src/core/model/description.ts';
import type { TargetRequest } from '../../src/core/model/target-request.ts';

export interface ExpectedInput {
  readonly name: string;
  readonly dtype: string;
  readonly shape?: readonly (number | string)[];
  /** Several where more than one reading is right. */
  readonly modality?: string | readonly string[];
  readonly layout?: string;
  readonly role?: string | readonly string[];
  readonly batch_axis?: number | null;
  readonly fill?: Readonly<Record<string, unknown>> & { readonly kind: string };
  readonly fill_shape?: readonly number[];
}

/** Tensors of the file, held against an array beside it. */
export interface ExpectedArray {
  /** Output; the n-th where it is a number. */
  readonly output: string | number;
  /** Path of an `.npy` file, relative to the folder of the case. */
  readonly file?: string;
  /** Elements in place of a file. */
  readonly values?: readonly number[];
  /** Error of the reference's own float32, for each row. */
  readonly floor?: readonly number[];
}

export interface ExpectedGradient {
  /** Explained input. Where it holds token ids the gradient is that of their embedding. */
  readonly input: string;
  /** Path of an `.npy` file, relative to the folder of the case: rows that are compared with the first rows given. */
  readonly file: string;
  readonly output: string | number;
  /** Index of the target within a row of the output; the largest element of the row where left out. */
  readonly index?: readonly number[];
  readonly floor?: readonly number[];
}

/** Shapley values of rows of a table, for one baseline. */
export interface ExpectedShapley {
  readonly baseline: readonly number[];
  /** One list for each row: [features][outputs]. */
  readonly values: readonly (readonly (readonly number[])[])[];
}

export interface ExpectedText {
  readonly text: string | readonly [string, string];
  readonly input_ids: readonly number[];
  readonly logits: readonly number[] | readonly (readonly number[])[];
  readonly position: number | null;
  readonly target: { readonly class: number; readonly label: string; readonly score: number };
  readonly integrated_gradients: {
    readonly pad_baseline: { readonly per_token: readonly number[] };
  };
}

export interface ExpectedImage {
  readonly picture: string;
  readonly logits: readonly number[];
  readonly target: { readonly class: number; readonly label: string };
  readonly gradient_sum_of_channels: readonly number[];
}

export interface Expectation {
  readonly open?: 'yes' | 'refuse' | 'either';
  readonly refuse_because?: string;
  readonly explain?: 'yes' | 'ask' | 'refuse' | 'either';
  readonly inputs?: readonly ExpectedInput[];
  readonly output?: string | readonly string[];
  /** Tasks that are right. */
  readonly tasks?: readonly TaskId[];
  readonly class_axis?: number | null | 'unknown';
  readonly activation?: string;
  readonly labels?: { readonly first?: number; readonly file?: string };
  /** Names that the files of the case state. */
  readonly label_names?: readonly string[];
  readonly rows?: string;
  readonly top?: { readonly index: readonly number[]; readonly value: number };
  readonly gradient?: {
    readonly of?: string;
    readonly elements: readonly number[];
    readonly values: readonly number[];
    readonly tolerance?: number;
  };
  readonly element_to_zero?: { readonly of?: string; readonly values: readonly number[]; readonly tolerance?: number };
  /** Target to send; null where none is sent. */
  readonly request_target?: TargetRequest | null;
  readonly methods?: Readonly<Record<string, { readonly must?: string; readonly because?: string }>>;
  readonly arrays?: readonly ExpectedArray[];
  readonly gradient_array?: ExpectedGradient;
  /** Scores of each row: probabilities of classes, or the number of a regression. */
  readonly scores?: readonly (readonly number[])[];
  /** Head of a detector: `[N, 4 + classes + more, anchors]`, or a list of boxes with score and class behind four sides. */
  readonly detector?: { readonly classes: number; readonly raw: boolean };
  readonly shapley?: readonly ExpectedShapley[];
  readonly texts?: readonly ExpectedText[];
  readonly images?: readonly ExpectedImage[];
}

export interface FieldCase {
  /** Path of the model below the folder that was asked for. */
  readonly name: string;
  readonly file: string;
  /** Folder that arrays are named from. */
  readonly folder: string;
  readonly expected: Expectation;
  /** Exporter or library, and architecture or estimator: a row of the table in docs/models.md. */
  readonly family?: readonly [origin: string, name: string];
  /** Exporter of the file, where a model comes in several. */
  readonly form?: string;
  /** The case is a single operator, described by the `case.json` beside it. */
  readonly operator?: boolean;
  /** Reason why the case cannot be tried: its export failed. */
  readonly skipped?: string;
}
