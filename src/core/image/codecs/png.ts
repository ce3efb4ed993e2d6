/**
 * PNG by the `png` crate, as jSquash compiles it. Not through the package's entry point, which shares one instance per
 * process: one that has aborted or has decoded a large image keeps its memory for ever.
 */
import type { Image } from '../image.ts';
import { pngIsWhole } from '../png-checksums.ts';
import { reduceImage } from '../reduce.ts';
import type { Codec } from './codec.ts';

interface PngExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  decode(pointer: number, length: number): number;
  encode(result: number, pointer: number, length: number, width: number, height: number, bitDepth: number): void;
  __wbindgen_malloc(size: number, align: number): number;
  __wbindgen_free(pointer: number, size: number, align: number): void;
  __wbindgen_add_to_stack_pointer(delta: number): number;
}

export interface PngCodec extends Codec {
  encode(image: Image): Uint8Array;
}

/** Imports of the WebAssembly module, in place of wasm-bindgen's glue: two functions are enough. */
export function pngCodec(module: WebAssembly.Module): PngCodec {
  let decoded: Image | undefined;
  const bytesAt = (pointer: number, length: number) =>
    new Uint8Array(wasm.memory.buffer, pointer >>> 0, length).slice();
  const receive = (pointer: number, length: number, width: number, height: number) => {
    decoded = { width, height, data: bytesAt(pointer, length) };
    wasm.__wbindgen_free(pointer, length, 1);
    return 0;
  };
  // Its own message says only that an `unwrap` failed.
  const fail = () => {
    throw new Error('the data is damaged or cut short');
  };
  // The names end in a hash of the build, so they are told apart by how they begin.
  const imports = WebAssembly.Module.imports(module).map(({ name }) => [
    name,
    name.startsWith('__wbg_newwithownedu8clampedarray') ? receive : name === '__wbindgen_throw' ? fail : () => 0,
  ]);
  const wasm = new WebAssembly.Instance(module, { wbg: Object.fromEntries(imports) }).exports as unknown as PngExports;
  const pass = (bytes: Uint8Array) => {
    const pointer = wasm.__wbindgen_malloc(bytes.length, 1) >>> 0;
    new Uint8Array(wasm.memory.buffer).set(bytes, pointer);
    return pointer;
  };
  return {
    memory: () => wasm.memory.buffer.byteLength,
    decode(bytes, _header, reduction) {
      if (!pngIsWhole(bytes)) throw new Error('a chunk is missing, or its checksum is wrong');
      wasm.decode(pass(bytes), bytes.length);
      const image = decoded;
      decoded = undefined;
      if (!image) throw new Error('the decoder gave no image');
      return { image: reduction === 1 ? image : reduceImage(image, reduction) };
    },
    encode({ width, height, data }) {
      const result = wasm.__wbindgen_add_to_stack_pointer(-16);
      wasm.encode(result, pass(data), data.length, width, height, 8);
      const [pointer = 0, length = 0] = new Uint32Array(wasm.memory.buffer, result, 2);
      const png = bytesAt(pointer, length);
      wasm.__wbindgen_free(pointer, length, 1);
      wasm.__wbindgen_add_to_stack_pointer(16);
      return png;
    },
  };
}
