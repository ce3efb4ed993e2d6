/** The explainer of the worker: the same core as the server's, on onnxruntime-web. */
import jpeg from '@cwasm/jpeg-turbo/jpeg-turbo.wasm?url';
import webp from '@cwasm/webp/webp.wasm?url';
import png from '@jsquash/png/codec/pkg/squoosh_png_bg.wasm?url';
import ortBinary from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import * as ort from 'onnxruntime-web/wasm';
import { plugins } from '#public-plugins';
import { composeExplainer } from '../../composition/explainer.ts';
import { createWasmEngine } from '../../core/engine/onnxruntime-wasm.ts';
import { createImageCodecs } from '../../core/image/codecs/codecs.ts';
import { allModalities } from '../../library/modalities.ts';
import { builtinTasks } from '../../tasks/index.ts';

const MIB = 2 ** 20;

/** More hardly help models of this size. */
const MAX_THREADS = 4;

ort.env.wasm.wasmPaths = { wasm: ortBinary };
// Threads share memory, which browsers allow only to a page that is isolated from all others.
ort.env.wasm.numThreads = crossOriginIsolated ? Math.min(MAX_THREADS, navigator.hardwareConcurrency) : 1;

export const explainer = composeExplainer(
  createWasmEngine(() => ort),
  { plugins, checked: true, tasks: builtinTasks },
  { sessionBytes: 256 * MIB, memoryBudget: 64 * MIB, maxBatch: 16 },
);

const compiled = (url: string) => () => WebAssembly.compileStreaming(fetch(url));

/** Readers of inputs: decoders of images as the server has them, since a browser's own give slightly other pixels. */
export const readers = {
  codecs: createImageCodecs(
    { jpeg: compiled(jpeg), png: compiled(png), webp: compiled(webp) },
    { maxPixels: 64_000_000 },
  ),
  modalities: allModalities(),
};
