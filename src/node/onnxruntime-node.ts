/** onnxruntime-node: native code next to the process, the fastest engine here. */
import { availableParallelism } from 'node:os';
import * as ort from 'onnxruntime-node';
import type { Engine } from '../core/engine/engine.ts';
import { createOrtEngine } from '../core/engine/onnxruntime.ts';

export interface NodeEngineOptions {
  /** Threads of one run; all of the machine's when left out. */
  readonly threads?: number;
  /** Execution providers in order of preference, such as `cuda`, `webgpu`; `cpu` alone when left out. */
  readonly providers?: readonly string[];
}

export function onnxruntimeNode({
  threads = availableParallelism(),
  providers = ['cpu'],
}: NodeEngineOptions = {}): Engine {
  return createOrtEngine('onnxruntime-node', () => ort, {
    executionProviders: [...providers],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
}
