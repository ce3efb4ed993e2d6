/** Engine over the WebAssembly build of onnxruntime, whose memory is the scarce thing. */
import type { Engine } from './engine.ts';
import { createOrtEngine, type OrtOptions } from './onnxruntime.ts';
import type { Ort } from './onnxruntime-tensors.ts';

/**
 * Options of every session. Prepacking turns the weights of every transposed convolution around into a second copy: without it MobileNetV2's
 * gradient takes 58 MiB in place of 69, at the same speed.
 */
export const WASM_SESSION_OPTIONS: OrtOptions = {
  executionProviders: ['wasm'],
  extra: { session: { disable_prepacking: '1' } },
};

/** Makes the engine of Workers and browsers. @param boot gives the package once it is ready to make sessions */
export const createWasmEngine = (boot: () => Ort | Promise<Ort>): Engine => ({
  ...createOrtEngine('onnxruntime-web', boot, WASM_SESSION_OPTIONS, { serial: true }),
  treesBeside: true,
});
