/** Bound on the memory of WebAssembly modules, whose own maximum is 4 GiB in onnxruntime-web. */

const PAGE_BYTES = 64 * 1024;

/**
 * Bounds every memory that this thread makes from now on. A module that asks for more is refused it, as by a machine
 * that has no more. Call it before the module is loaded.
 * @param bytes maximum of each memory, a multiple of 64 KiB
 */
export function boundWasmMemory(bytes: number): void {
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor({ maximum = Infinity, ...descriptor }: WebAssembly.MemoryDescriptor) {
      super({ ...descriptor, maximum: Math.min(maximum, bytes / PAGE_BYTES) });
    }
  };
}
