/**
 * Starts onnxruntime-web from a WebAssembly module that is already compiled. A Worker may not compile one at run time,
 * and onnxruntime-web knows no other way. It does take the binary as bytes, so it is given none, and its one call of
 * `WebAssembly.instantiate` with no bytes is answered with an instance of the module.
 */
import type * as Ort from 'onnxruntime-web/wasm';
import { WhylightError } from '../../../core/errors.ts';

/** A build of onnxruntime's binary. */
export interface OrtWasm {
  readonly module: WebAssembly.Module;
  /** True if the module imports a shared memory, as the published binary does. */
  readonly sharedMemory: boolean;
}

/**
 * Boots the runtime of `ort`, once for the life of the isolate. Globals are replaced while it runs and put back before
 * it returns. All of it happens in microtasks, so no other request can see them or come in between.
 * @throws WhylightError `engine_failure` when onnxruntime-web did not start; an upgrade that starts in another way is
 *   noticed here.
 */
export async function bootOrt(ort: typeof Ort, { module, sharedMemory }: OrtWasm): Promise<void> {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.wasm.wasmBinary = new ArrayBuffer(0);
  let instances = 0;
  const { instantiate, Memory } = WebAssembly;
  const restore = [
    replace(WebAssembly, 'instantiate', async (source: unknown, imports: WebAssembly.Imports) => {
      if (!(source instanceof ArrayBuffer || ArrayBuffer.isView(source)) || source.byteLength > 0) {
        return instantiate(source as WebAssembly.Module, imports);
      }
      // The asynchronous form would give other requests a turn while the globals are not their own.
      const instance = new WebAssembly.Instance(module, imports);
      instances++;
      return { module, instance };
    }),
  ];
  if (!sharedMemory) {
    // The binary's loader asks for a shared memory, and waits on it where it can; this build has neither.
    restore.push(
      replace(WebAssembly, 'Memory', function unshared({ initial, maximum }: WebAssembly.MemoryDescriptor) {
        return new Memory({ initial, maximum });
      }),
      replace(Atomics, 'waitAsync', undefined),
    );
  }
  let refusal: unknown;
  try {
    // A session is the only thing that starts the runtime. This one is refused for its empty model, once it is up.
    await ort.InferenceSession.create(new Uint8Array(0));
  } catch (error) {
    refusal = error;
  } finally {
    for (const undo of restore.reverse()) undo();
  }
  if (instances !== 1) {
    const reason = refusal instanceof Error ? ` Its message: ${refusal.message}` : '';
    throw new WhylightError(
      'engine_failure',
      `onnxruntime-web did not start: it made ${instances} instances of its WebAssembly module where one was expected. ` +
        `Use the version that package.json pins, or bring src/edge/workerd/ort-wasm/boot.ts in line with the new one.${reason}`,
      { instances },
      { cause: refusal },
    );
  }
}

/** Puts another value in place of a property; the function it returns puts the old one back. */
function replace(target: object, key: string, value: unknown): () => void {
  const old = Object.getOwnPropertyDescriptor(target, key);
  Object.defineProperty(target, key, { configurable: true, writable: true, enumerable: false, value });
  return () => {
    if (old) Object.defineProperty(target, key, old);
    else Reflect.deleteProperty(target, key);
  };
}
