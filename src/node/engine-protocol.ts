/** Messages between the engine's thread and its caller. */
import type { Tensors } from '../core/engine/engine.ts';
import type { ModelBytes } from '../core/onnx/model-bytes.ts';
import type { NodeEngineOptions } from './onnxruntime-node.ts';
import type { Failure } from './thread-failure.ts';

/** A call of one of the engine's methods; sessions have numbers. */
export type Call =
  | { readonly kind: 'load'; readonly model: ModelBytes; readonly options: NodeEngineOptions }
  | { readonly kind: 'run'; readonly session: number; readonly feeds: Tensors; readonly fetches?: readonly string[] }
  | { readonly kind: 'release'; readonly session: number }
  | { readonly kind: 'collect' };

/** Results of the calls. */
export interface Results {
  readonly load: number;
  readonly run: Tensors;
  readonly release: undefined;
  readonly collect: undefined;
}

export interface Asked {
  readonly id: number;
  readonly call: Call;
}

export type Answered = { readonly id: number } & (
  | { readonly result: Results[keyof Results] }
  | { readonly failure: Failure }
);
