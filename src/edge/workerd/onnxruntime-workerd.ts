/** onnxruntime-web inside a Worker's isolate. */

import * as ort from 'onnxruntime-web/wasm';
import { module, sharedMemory } from '#ort-wasm';
import type { Engine } from '../../core/engine/engine.ts';
import { createWasmEngine } from '../../core/engine/onnxruntime-wasm.ts';
import { bootOrt } from './ort-wasm/boot.ts';

/** Version of onnxruntime-web. */
export const ENGINE_VERSION: string = ort.env.versions.web ?? '';

let booted: Promise<void> | undefined;

export function onnxruntimeWorkerd(): Engine {
  return createWasmEngine(async () => {
    booted ??= bootOrt(ort, { module, sharedMemory });
    await booted;
    return ort;
  });
}
