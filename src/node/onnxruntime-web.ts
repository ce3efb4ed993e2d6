/** onnxruntime-web under Node: the very code that runs in a Worker, for parity checks and measurements. */
import * as ort from 'onnxruntime-web/wasm';
import type { Engine } from '../core/engine/engine.ts';
import { createWasmEngine } from '../core/engine/onnxruntime-wasm.ts';

export interface WebEngineOptions {
  /** Threads of one run; a Worker has one, and so has this engine unless told. The first engine made decides. */
  readonly threads?: number;
}

export function onnxruntimeWeb({ threads = 1 }: WebEngineOptions = {}): Engine {
  return createWasmEngine(() => {
    ort.env.wasm.numThreads = threads;
    return ort;
  });
}
