/** Output of an explanation. */
import type { Cost } from '../method/contract.ts';
import type { NamedBox, NamedMap } from '../method/results.ts';
import type { Corrections } from '../model/corrections.ts';
import type { TaskId } from '../model/description.ts';
import type { Classified } from '../model/prediction.ts';
import type { Target } from '../model/target-request.ts';
import type { Prediction as TaskPrediction } from '../task/task.ts';
import type { Float32Tensors } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { FeatureValue } from './feature-value.ts';
import type { Summary } from './summary.ts';

/** One of several maps of a row. */
export interface ExplainedMap extends NamedMap {
  /** [height, width] over the model's image input, at the resolution of the values; absent when the model has none. */
  readonly map?: Tensor<'float32'>;
  /** One value for each of the row's features, where a modality prepared it. */
  readonly features?: readonly number[];
}

/** Standard errors of the values of a row. */
export interface Uncertainty {
  /** Under the names and in the shapes of the row's values. */
  readonly values: Float32Tensors;
  /** [height, width] at the size of the model's image input: the errors of all channels, added up. */
  readonly map?: Tensor<'float32'>;
}

/** Attribution of one row. */
export interface Explained {
  /** Values by input name, or by tensor name for a layer attribution: [1, ...]. */
  readonly values: Float32Tensors;
  /** [height, width] at the size of the model's image input; absent when the model has none. */
  readonly map?: Tensor<'float32'>;
  /** See {@link Attribution.standardError}. */
  readonly standardError?: number;
  /** Further maps that the method returned: of classes, layers, attention heads or concepts. */
  readonly maps?: readonly ExplainedMap[];
  readonly uncertainty?: Uncertainty;
  /** In pixels of the upright image where it is known, else in those of the input. */
  readonly boxes?: readonly NamedBox[];
  /** See {@link Results.text}. */
  readonly text?: string;
}

/** Explanation of one row. */
export interface ExplainedRow extends Explained {
  readonly target: Target;
  /** Score of the target, or value of the neuron that the method explains. */
  readonly score: number;
  readonly baselineScore?: number;
  readonly convergenceDelta?: number;
  readonly diagnostics: Diagnostics;
  /** Present if the request asks for it. */
  readonly summary?: Summary;
  /** Top classes, best first. */
  readonly top: readonly Classified[];
  /** Predictions of the task, best first; present if the request asks for them. */
  readonly predictions?: readonly TaskPrediction[];
  /** Number of the explained one among the predictions; absent where it is none of them. */
  readonly prediction?: number;
  /** Values of the features of the input, where a modality prepared it. */
  readonly features?: readonly FeatureValue[];
  /** Sentence that says that nothing was found. Such a row has no values, no map and the score 0. */
  readonly nothing?: string;
}

/** Interpretation of the explained output. */
export interface Reading {
  readonly task: string;
  /** Axis of the output, batch included, that counts classes; null where there are none, absent where it is not known. */
  readonly classAxis?: number | null;
  /** Facts that the request stated. */
  readonly corrections?: Corrections;
  /** Sentences about what is not certain, each with the way to settle it. */
  readonly doubts: readonly string[];
}

/** Explanation of every row of a request. */
export interface Explanation {
  readonly method: string;
  readonly revision: number;
  /** Identity of the method's code, see {@link PluginEntry.build}. */
  readonly build?: string;
  /** Parameters after defaults. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly model: { readonly name: string; readonly version: string; readonly digest: string };
  /** Absent where an inner tensor is explained. */
  readonly reading?: Reading;
  /** Name of the engine. */
  readonly engine: string;
  readonly rows: readonly ExplainedRow[];
  /** Sentences of the modality: that a text was cut, a clip resampled. */
  readonly notices?: readonly string[];
  /** Requested values of parameters that were lowered to make the run possible. Such an explanation is never cached. */
  readonly degraded?: Readonly<Record<string, number>>;
  /** Rows that the method evaluated, and rows that ran only to find the prediction. */
  readonly samples: Cost & { readonly predictions: number };
  /** Durations in milliseconds. */
  readonly timings: {
    readonly compile: number;
    readonly session: number;
    /** Everything but `compile` and `session`: the engine and the method's own work. */
    readonly run: number;
    /** Part of `run` that was spent in the engine. */
    readonly engine: number;
    readonly total: number;
  };
}

/** The answers of a model as its task reads them. */
export interface Answers {
  readonly task: TaskId;
  /** Predictions of each row, best first; no rows where no tasks are configured. */
  readonly rows: readonly (readonly TaskPrediction[])[];
}

/** Prediction for one row. */
export interface Prediction {
  /** Top classes, best first. */
  readonly top: readonly Classified[];
  /** Every element of the row's scores. */
  readonly scores: Float32Array;
  /** Number of a task's target, found again in this row; absent where elements of the scores keep their meaning. */
  readonly followed?: number;
}
