/** What the page and its worker tell each other. */
import type { InferenceDocument, ModelInfo, Question } from '../api.ts';

export interface Order {
  readonly id: number;
  readonly model: ModelInfo;
  /** The ONNX file, with the first order that needs it. */
  readonly file?: ArrayBuffer;
  readonly picture: Blob;
  /** What is to be explained; the scores alone are wanted when left out. */
  readonly question?: Question;
}

export type Report = { readonly id: number } & (
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'partial' | 'explanation'; readonly document: InferenceDocument }
  | { readonly kind: 'scores'; readonly scores: number[] }
  | { readonly kind: 'failure'; readonly code: string; readonly message: string }
);
