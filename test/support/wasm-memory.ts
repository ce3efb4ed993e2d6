/** Linear memory of onnxruntime-web, which keeps it to itself: caught where it is made. */

let caught: WebAssembly.Memory | undefined;
const { Memory } = WebAssembly;
WebAssembly.Memory = class extends Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    caught ??= this;
  }
};

/** Returns the bytes of the first memory that was made since this module was imported; it never shrinks. */
export const wasmMemory = (): number => caught?.buffer.byteLength ?? 0;
