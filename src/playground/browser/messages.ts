/** Messages between the page and its worker. */
import type { InferenceDocument, ModelInfo, Question } from '../api.ts';

export interface Order {
  readonly id: number;
  readonly model: ModelInfo;
  /** The ONNX file, with the first order that needs it. */
  readonly file?: ArrayBuffer;
  /** The image file. */
  readonly image: Blob;
  /** Explanation to compute; only scores when left out. */
  readonly question?: Question;
}

export type Report = { readonly id: number } & (
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'partial' | 'explanation'; readonly document: InferenceDocument }
  | { readonly kind: 'scores'; readonly scores: number[] }
  | { readonly kind: 'failure'; readonly code: string; readonly message: string }
);
