/** Image codecs in Node: their WebAssembly is read from the installed packages. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { allImageCodecs } from '../core/image/codecs/all-codecs.ts';
import type { CodecOptions, ImageCodecs } from '../core/image/codecs/codecs.ts';

const { resolve } = createRequire(import.meta.url);

/** Compiled once per process, when first asked for. */
function fromPackage(file: string): () => Promise<WebAssembly.Module> {
  let module: Promise<WebAssembly.Module> | undefined;
  return () => {
    if (!module) module = readFile(resolve(file)).then((bytes) => WebAssembly.compile(bytes));
    return module;
  };
}

const modules = {
  jpeg: fromPackage('@cwasm/jpeg-turbo/jpeg-turbo.wasm'),
  png: fromPackage('@jsquash/png/codec/pkg/squoosh_png_bg.wasm'),
  webp: fromPackage('@cwasm/webp/webp.wasm'),
};

/**
 * Makes the image codecs of Node; their WebAssembly is compiled when first needed.
 * @param options limits; 50 megapixels by default
 *
 * @example
 * import { imageCodecs } from 'whylight';
 * const image = await imageCodecs({ maxPixels: 10_000_000 }).decode(await readFile('cat.jpg'));
 */
export const nodeCodecs = (options: Partial<CodecOptions> = {}): ImageCodecs =>
  allImageCodecs(modules, { maxPixels: 50_000_000, ...options });
