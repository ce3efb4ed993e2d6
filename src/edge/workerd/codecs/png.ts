/** Decoder of PNG files, and encoder of answers in a Worker: wrangler compiles the imported WebAssembly when the Worker is uploaded. */
/// <reference path="./codecs-wasm.d.ts" />
import module from '@jsquash/png/codec/pkg/squoosh_png_bg.wasm';
import { type PngCodec, pngCodec } from '../../../core/image/codecs/png.ts';

/** Starts an instance. */
export default (): PngCodec => pngCodec(module);
