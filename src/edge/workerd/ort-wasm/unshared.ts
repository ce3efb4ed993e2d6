/**
 * The same binary with its memory declared unshared, for a runtime that refuses shared memory. To use it, run
 * `npx node scripts/unshare-wasm.ts` and let `#ort-wasm` in package.json name this file.
 */
export { default as module } from '../../../../generated/ort-wasm-unshared.wasm';
export const sharedMemory = false;
