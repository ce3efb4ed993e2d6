/** onnxruntime-node: native code next to the process, the fastest engine here. */
import { availableParallelism } from 'node:os';
import type { Engine } from '../core/engine/engine.ts';
import { createOrtEngine } from '../core/engine/onnxruntime.ts';
import type { Ort } from '../core/engine/onnxruntime-tensors.ts';
import { WhylightError } from '../core/errors.ts';

/**
 * Bytes beyond what a processor's caches hold: `npm run bench:gradient` on a server with 2 MiB for each core and a
 * large third level ran MobileNetV2 half again as fast with 4 rows as with 64.
 */
const CACHE_BYTES = 32 * 2 ** 20;

/**
 * From 1.30 on the native library would keep a device id and a store of its uses in the user's cache folder, and send them
 * to its makers. Whoever wants that sets the variable to 0. Threads see only what the first one has set.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';

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
  const engine = createOrtEngine('onnxruntime-node', load, {
    executionProviders: [...providers],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  return providers.every((provider) => provider === 'cpu') ? { ...engine, workingSet: CACHE_BYTES } : engine;
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
