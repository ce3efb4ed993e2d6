/** onnxruntime-node: native code next to the process, the fastest engine here. */
import { availableParallelism } from 'node:os';
import type { Engine } from '../core/engine/engine.ts';
import { createOrtEngine, type Ort } from '../core/engine/onnxruntime.ts';
import { WhylightError } from '../core/errors.ts';

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
  return createOrtEngine('onnxruntime-node', load, {
    executionProviders: [...providers],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
}

/** Loaded when it is first needed: who explains in a browser or on onnxruntime-web need not install it. */
async function load(): Promise<Ort> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new WhylightError(
      'engine_failure',
      'onnxruntime-node cannot be loaded. Install it beside whylight: npm install onnxruntime-node.',
      {},
      { cause },
    );
  }
}
