/** Engine of the page: WebGPU where the browser has an adapter, else WebAssembly with threads or with one. */
import gpuBinary from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import wasmBinary from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import type { Engine, Session } from '../../core/engine/engine.ts';
import { createOrtEngine } from '../../core/engine/onnxruntime.ts';
import { createWasmEngine } from '../../core/engine/onnxruntime-wasm.ts';
import { testEngine } from '../../core/engine/self-test.ts';

/** More threads hardly help models of this size. */
const MAX_THREADS = 4;

interface Choice {
  readonly engine: Engine;
  /** Words for people: `on WebGPU`, `on 4 threads`, `on one thread`. */
  readonly device: string;
}

/** Chosen with the first model, so that a page that computes on the server loads neither build. */
let choice: Promise<Choice> | undefined;

const chosen = (): Promise<Choice> => (choice ??= gpu().then((found) => found ?? wasm()));

/** Device that models run on, in words: `on WebGPU`, `on 4 threads`, `on one thread`. */
export const device = async (): Promise<string> => (await chosen()).device;

/** Engine over the device that was chosen. Operators that WebGPU lacks run on WebAssembly in the same session. */
export const pageEngine: Engine = {
  name: 'onnxruntime-web',
  treesBeside: true,
  async load(model): Promise<Session> {
    const { engine } = await chosen();
    return engine.load(model);
  },
};

/** WebGPU; undefined where there is no adapter, no way to wait for it from WebAssembly, or where it fails its test. */
async function gpu(): Promise<Choice | undefined> {
  const { gpu: api } = navigator as { gpu?: { requestAdapter(): Promise<object | null> } };
  // The build without JavaScript promise integration is larger than an asset of a Worker may be.
  if (!api || !('Suspending' in WebAssembly)) return undefined;
  try {
    if (!(await api.requestAdapter())) return undefined;
    const engine = createOrtEngine(
      'onnxruntime-web',
      async () => {
        const ort = await import('onnxruntime-web/jspi');
        ort.env.wasm.wasmPaths = { wasm: gpuBinary };
        ort.env.wasm.numThreads = 1;
        return ort;
      },
      { executionProviders: ['webgpu', 'wasm'] },
      { serial: true },
    );
    await testEngine(engine);
    return { engine, device: 'on WebGPU' };
  } catch (error) {
    console.warn(`WebGPU is not used: ${(error as Error).message}`);
    return undefined;
  }
}

async function wasm(): Promise<Choice> {
  const ort = await import('onnxruntime-web/wasm');
  // Threads share memory, which browsers allow only to a page that is isolated from all others.
  const threads = crossOriginIsolated ? Math.min(MAX_THREADS, navigator.hardwareConcurrency) : 1;
  ort.env.wasm.wasmPaths = { wasm: wasmBinary };
  ort.env.wasm.numThreads = threads;
  return { engine: createWasmEngine(() => ort), device: threads > 1 ? `on ${threads} threads` : 'on one thread' };
}
