/** Messages between the page and its worker. */

import type { Image } from '../../core/image/image.ts';
import type { Placement } from '../../core/image/placement.ts';
import type { Prediction } from '../../core/task/task.ts';
import type { PreprocessingEntries } from '../../library/preprocessing-entries.ts';
import type { InferenceDocument, MapValues } from '../answer.ts';
import type { MethodInfo, ModelInfo, Question } from '../api.ts';

/** Facts that the user states in place of those that were found. */
export interface Edits {
  readonly task?: string;
  readonly labels?: readonly string[];
  readonly preprocessing?: PreprocessingEntries;
}

/** A model for the worker, which keeps the files that it was given. */
export interface WorkerModel {
  /** Identifies the files. */
  readonly key: string;
  readonly edits: Edits;
  /** Contents by path, with the first order that needs them. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

/** Input of a model: the content of a file. */
export interface WorkerInput {
  readonly blob: Blob;
  /** Lower case, without the dot; empty where only the content tells. */
  readonly extension: string;
}

/** Map of a frame. */
export interface FrameMap {
  readonly map: MapValues;
  /** Part of the frame that the model sees. */
  readonly placement: Placement;
  /** Class that the map is of. */
  readonly label: string;
  /** In [0, 1]; undefined where the model gives none. */
  readonly probability?: number;
  /** Device that the model ran on, in words. */
  readonly device: string;
}

/** Methods that are fast enough for a moving image. */
export type LiveMethod = 'grad_cam' | 'recipro_cam';

export type Work =
  | { readonly kind: 'describe' }
  | { readonly kind: 'methods' }
  | { readonly kind: 'predict'; readonly input: WorkerInput }
  | { readonly kind: 'frame'; readonly frame: Image; readonly method: LiveMethod }
  | { readonly kind: 'explain'; readonly input: WorkerInput; readonly question: Question };

export type Order = { readonly id: number; readonly model: WorkerModel } & Work;

/** A model as it was understood. */
export interface Understood {
  readonly info: ModelInfo;
  /** Name of the ONNX file among the files. */
  readonly file: string;
  readonly notices: readonly string[];
  /** Preprocessing that models of this shape usually take, where nothing states one. */
  readonly usual?: { readonly reason: string; readonly preprocessing: PreprocessingEntries };
}

export type Report = { readonly id: number } & (
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'partial'; readonly document: InferenceDocument }
  | { readonly kind: 'described'; readonly understood: Understood }
  | { readonly kind: 'methods'; readonly methods: MethodInfo[] }
  | { readonly kind: 'prediction'; readonly scores?: number[]; readonly predictions?: readonly Prediction[] }
  | { readonly kind: 'framed'; readonly framed: FrameMap }
  | {
      readonly kind: 'explanation';
      readonly document: InferenceDocument;
      readonly device: string;
      readonly drawing?: string;
    }
  | { readonly kind: 'failure'; readonly code: string; readonly message: string }
);
