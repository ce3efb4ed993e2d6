/**
 * The codecs of jSquash (mozjpeg, libwebp and the `png` crate, compiled to WebAssembly), each over an instance of its
 * own. Not through the package's entry points: those share one instance per process, and an instance that has aborted
 * or has decoded a large image keeps its memory for ever.
 */
import jpegFactory from '@jsquash/jpeg/codec/dec/mozjpeg_dec.js';
import webpFactory from '@jsquash/webp/codec/dec/webp_dec.js';
import type { Image } from './image.ts';
import { pngIsWhole } from './png-checksums.ts';

export interface Codec {
  /** @throws Error with the codec's own words. After that the instance must not be used again. */
  decode(bytes: Uint8Array): Image;
  /** Bytes of linear memory held; it never shrinks. */
  memory(): number;
}

interface Emscripten {
  decode(bytes: Uint8Array, ...options: unknown[]): { width: number; height: number; data: Uint8ClampedArray } | null;
  readonly HEAPU8: Uint8Array;
}
type EmscriptenFactory = (options: object) => Promise<Emscripten>;

/** Warnings of libjpeg after which part of the image is grey. Bytes too many between two segments do no harm. */
const DAMAGE = /^(Premature end|Corrupt JPEG data(?!: \d+ extraneous bytes)|Inconsistent progression)/;

export async function jpegCodec(module: WebAssembly.Module): Promise<Codec> {
  const messages: string[] = [];
  const instance = await startEmscripten(jpegFactory as unknown as EmscriptenFactory, module, messages);
  return {
    memory: () => instance.HEAPU8.byteLength,
    decode(bytes) {
      messages.length = 0;
      const image = decodeWith(instance, bytes, messages, false);
      const damage = messages.find((message) => DAMAGE.test(message));
      if (damage) throw new Error(damage);
      return { ...image, opaque: true };
    },
  };
}

export async function webpCodec(module: WebAssembly.Module): Promise<Codec> {
  const messages: string[] = [];
  const instance = await startEmscripten(webpFactory as unknown as EmscriptenFactory, module, messages);
  return { memory: () => instance.HEAPU8.byteLength, decode: (bytes) => decodeWith(instance, bytes, messages) };
}

/** Instantiated synchronously, so that the promise settles in the same turn of the event loop. */
const startEmscripten = (
  factory: EmscriptenFactory,
  module: WebAssembly.Module,
  messages: string[],
): Promise<Emscripten> =>
  factory({
    noInitialRun: true,
    print: (message: string) => messages.push(message),
    printErr: (message: string) => messages.push(message),
    instantiateWasm(imports: WebAssembly.Imports, ready: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(module, imports);
      ready(instance);
      return instance.exports;
    },
  });

function decodeWith(instance: Emscripten, bytes: Uint8Array, messages: string[], ...options: unknown[]): Image {
  let result: ReturnType<Emscripten['decode']>;
  try {
    result = instance.decode(bytes, ...options);
  } catch (cause) {
    // `exit(1)` of the C code arrives as a thrown object; what it printed before says more.
    throw new Error(messages.at(-1) ?? (cause instanceof Error ? cause.message : 'the decoder stopped'), { cause });
  }
  if (!result) throw new Error('the data is damaged or cut short');
  const { width, height, data } = result;
  return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

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
    decode(bytes) {
      if (!pngIsWhole(bytes)) throw new Error('a chunk is missing, or its checksum is wrong');
      wasm.decode(pass(bytes), bytes.length);
      const image = decoded;
      decoded = undefined;
      if (!image) throw new Error('the decoder gave no image');
      return image;
    },
    encode({ width, height, data }) {
      const result = wasm.__wbindgen_add_to_stack_pointer(-16);
      wasm.encode(result, pass(data), data.length, width, height, 8);
      const [pointer, length] = new Uint32Array(wasm.memory.buffer, result, 2) as unknown as [number, number];
      const png = bytesAt(pointer, length);
      wasm.__wbindgen_free(pointer, length, 1);
      wasm.__wbindgen_add_to_stack_pointer(16);
      return png;
    },
  };
}
