/** onnxruntime-web inside a Worker's isolate. */

import * as ort from 'onnxruntime-web/wasm';
import { module, sharedMemory } from '#ort-wasm';
import type { Engine } from '../../core/engine/engine.ts';
import { createOrtEngine, WASM_OPTIONS } from '../../core/engine/onnxruntime.ts';
import { bootOrt } from './ort-wasm/boot.ts';

let booted: Promise<void> | undefined;

export function onnxruntimeWorkerd(): Engine {
  return createOrtEngine(
    'onnxruntime-web',
    async () => {
      booted ??= bootOrt(ort, { module, sharedMemory });
      await booted;
      return ort;
    },
    WASM_OPTIONS,
    { serial: true },
  );
}
