/** The explainer of the worker: the same core as the server's, on onnxruntime-web. */
import jpeg from '@cwasm/jpeg-turbo/jpeg-turbo.wasm?url';
import webp from '@cwasm/webp/webp.wasm?url';
import png from '@jsquash/png/codec/pkg/squoosh_png_bg.wasm?url';
import { plugins } from '#public-plugins';
import { composeExplainer } from '../../composition/compose-explainer.ts';
import { allImageCodecs } from '../../core/image/codecs/all-codecs.ts';
import { allModalities } from '../../library/modalities.ts';
import { builtinTasks } from '../../tasks/index.ts';
import { pageEngine } from './engine.ts';

const MIB = 2 ** 20;

export const explainer = composeExplainer(
  pageEngine,
  { plugins, checked: true, tasks: builtinTasks },
  { sessionBytes: 256 * MIB, memoryBudget: 64 * MIB, maxBatch: 16 },
);

const compiled = (url: string) => () => WebAssembly.compileStreaming(fetch(url));

/** Readers of inputs: decoders of images as the server has them, since a browser's own give slightly other pixels. */
export const readers = {
  codecs: allImageCodecs({ jpeg: compiled(jpeg), png: compiled(png), webp: compiled(webp) }, { maxPixels: 64_000_000 }),
  modalities: allModalities(),
};
