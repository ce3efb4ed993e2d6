/**
 * Writes `generated/ort-wasm-unshared.wasm`: the binary of onnxruntime-web with its imported memory declared unshared.
 * Only for runtimes that refuse shared memory; see `src/edge/workerd/ort-wasm/unshared.ts`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const IMPORT_SECTION = 2;
/** Kinds of imports. */
const KIND = { function: 0, table: 1, memory: 2, global: 3, tag: 4 };
/** Bits of a limit: it has a maximum, the memory is shared, its addresses have 64 bits. */
const [HAS_MAXIMUM, SHARED] = [1, 2];

/**
 * A copy of a WebAssembly binary whose one imported memory is unshared.
 * @throws Error when it does not import exactly one shared memory, or cannot do without
 */
export function unshare(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const flags = sharedMemoryFlags(wasm);
  if (flags.length !== 1) {
    throw new Error(
      `Expected one shared memory among the imports, found ${flags.length}. Is this onnxruntime's binary?`,
    );
  }
  const copy = Uint8Array.from(wasm);
  copy[flags[0] as number] = (copy[flags[0] as number] as number) & ~SHARED;
  if (!WebAssembly.validate(copy)) {
    throw new Error('The binary is not valid without shared memory: it holds instructions that need it.');
  }
  return copy;
}

/** Offsets of the flags of every shared memory in the import section. */
function sharedMemoryFlags(wasm: Uint8Array): number[] {
  let at = 8;
  const found: number[] = [];
  const byte = (): number => wasm[at++] as number;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const part = byte();
      value += (part & 127) * 2 ** shift;
      if (part < 128) return value;
    }
  };
  const limits = (): number => {
    const flags = number();
    number();
    if (flags & HAS_MAXIMUM) number();
    return flags;
  };
  while (at < wasm.length) {
    const id = byte();
    const size = number();
    if (id !== IMPORT_SECTION) {
      at += size;
      continue;
    }
    for (let left = number(); left > 0; left--) {
      for (const _part of ['module', 'field']) {
        const length = number();
        at += length;
      }
      const kind = byte();
      const start = at;
      if (kind === KIND.memory) {
        if (limits() & SHARED) found.push(start);
      } else if (kind === KIND.table) {
        at++;
        limits();
      } else if (kind === KIND.function) number();
      else if (kind === KIND.global) at += 2;
      else if (kind === KIND.tag) {
        at++;
        number();
      } else throw new Error(`An import of unknown kind ${kind} at byte ${start - 1}.`);
    }
    break;
  }
  return found;
}

if (import.meta.main) {
  const source = createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');
  const target = new URL('../generated/ort-wasm-unshared.wasm', import.meta.url);
  mkdirSync(new URL('.', target), { recursive: true });
  writeFileSync(target, unshare(readFileSync(source)));
  console.log(`wrote generated/ort-wasm-unshared.wasm from ${source}`);
}
