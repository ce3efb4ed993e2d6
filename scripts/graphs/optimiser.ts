/**
 * Optimisation of graphs by onnxruntime-web itself, at build time: the graph that a session would run, as a file. A
 * session of that file starts without the optimisers, which take half of its time in a fresh isolate.
 *
 * The published build has no file system, and `optimizedModelFilePath` fails when the file is closed. Its imports are
 * therefore replaced while it starts: what it writes to a file that is no console is collected here.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-web/wasm';
import { WASM_SESSION_OPTIONS } from '../../src/core/engine/onnxruntime-wasm.ts';
import { WhylightError } from '../../src/core/errors.ts';
import type { ModelBytes } from '../../src/core/onnx/model-bytes.ts';

/** Version of onnxruntime-web whose graphs these are; another version may optimise otherwise. */
export const ENGINE_VERSION: string = ort.env.versions.web ?? '';

/** Names that the published binary has for two imports of WASI. */
const FD_WRITE = 'X';
const FD_CLOSE = 'I';
const CONSOLES = [1, 2];

const written: Uint8Array[] = [];
let booted: Promise<void> | undefined;

/**
 * Returns the graph as onnxruntime-web runs it, with all of its weights, as an ONNX file.
 * @throws WhylightError `engine_failure` where the engine refuses the graph, or wrote no file
 */
export async function optimisedFile({ graph, external }: ModelBytes): Promise<Uint8Array> {
  booted ??= boot();
  await booted;
  written.length = 0;
  const session = await ort.InferenceSession.create(graph, {
    ...WASM_SESSION_OPTIONS,
    logSeverityLevel: 4,
    optimizedModelFilePath: 'optimised.onnx',
    ...(external && external.length > 0 && { externalData: [...external] }),
  });
  await session.release();
  const bytes = new Uint8Array(Buffer.concat(written));
  if (bytes.length > 0) return bytes;
  throw new WhylightError(
    'engine_failure',
    `onnxruntime-web ${ENGINE_VERSION} wrote no optimised graph: bring scripts/graphs/optimiser.ts in line with this version.`,
    { version: ENGINE_VERSION },
  );
}

/** Starts the runtime with imports that collect what it writes. */
async function boot(): Promise<void> {
  const path = fileURLToPath(import.meta.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
  Object.assign(ort.env.wasm, { numThreads: 1, wasmBinary: await readFile(path) });
  const { instantiate, Memory } = WebAssembly;
  let memory: WebAssembly.Memory | undefined;
  WebAssembly.Memory = function collected(descriptor: WebAssembly.MemoryDescriptor) {
    memory = new Memory(descriptor);
    return memory;
  } as unknown as typeof Memory;
  WebAssembly.instantiate = ((source: BufferSource, imports: WebAssembly.Imports) => {
    if (!memory) throw new Error('The runtime made no memory before its instance.');
    return instantiate(source, collecting(imports, memory));
  }) as typeof instantiate;
  try {
    // A session is the only thing that starts the runtime. This one is refused for its empty model.
    await ort.InferenceSession.create(new Uint8Array(0)).catch(() => undefined);
  } finally {
    Object.assign(WebAssembly, { instantiate, Memory });
  }
}

type WasiCall = (...numbers: number[]) => number;

function collecting(imports: WebAssembly.Imports, memory: WebAssembly.Memory): WebAssembly.Imports {
  const { a = {} } = imports;
  const [write, close] = [a[FD_WRITE] as WasiCall, a[FD_CLOSE] as WasiCall];
  const fdWrite: WasiCall = (file = 0, vectors = 0, count = 0, size = 0) => {
    if (CONSOLES.includes(file)) return write(file, vectors, count, size);
    const view = new DataView(memory.buffer);
    let total = 0;
    for (let i = 0; i < count >>> 0; i++) {
      const [start, length] = [0, 4].map((at) => view.getUint32((vectors >>> 0) + 8 * i + at, true)) as [
        number,
        number,
      ];
      written.push(new Uint8Array(memory.buffer, start, length).slice());
      total += length;
    }
    view.setUint32(size >>> 0, total, true);
    return 0;
  };
  const fdClose: WasiCall = (file = 0) => (CONSOLES.includes(file) ? close(file) : 0);
  return { ...imports, a: { ...a, [FD_WRITE]: fdWrite, [FD_CLOSE]: fdClose } };
}
