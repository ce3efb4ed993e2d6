/** The binary as onnxruntime-web publishes it: one thread is used, but its memory is declared shared. */
export { default as module } from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
export const sharedMemory = true;
