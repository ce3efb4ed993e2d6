/** Instances of decoders in C that are compiled against WASI and call nothing of it but memory. */

/** Memory functions that every such module exports. */
export interface CExports {
  readonly memory: WebAssembly.Memory;
  malloc(bytes: number): number;
  free(pointer: number): void;
}

/**
 * Instantiates a module synchronously. `setjmp` never jumps: the C code's `longjmp` after a fatal error arrives as a
 * thrown Error, and the instance is spent.
 */
export function startModule<Exports extends CExports>(module: WebAssembly.Module): Exports {
  const fail = () => {
    throw new Error('the decoder stopped');
  };
  const idle = () => 0;
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { module: space, name } of WebAssembly.Module.imports(module)) {
    imports[space] = { ...imports[space], [name]: name === 'longjmp' || name === 'proc_exit' ? fail : idle };
  }
  return new WebAssembly.Instance(module, imports).exports as unknown as Exports;
}

/** @throws Error when no memory is left */
export function allocate({ malloc }: CExports, bytes: number): number {
  const pointer = malloc(bytes) >>> 0;
  if (pointer === 0) throw new Error(`${bytes} bytes of memory are not available`);
  return pointer;
}

/** Copies a file into linear memory. @returns its address */
export function pass(exports: CExports, bytes: Uint8Array): number {
  const pointer = allocate(exports, bytes.length);
  new Uint8Array(exports.memory.buffer, pointer, bytes.length).set(bytes);
  return pointer;
}
