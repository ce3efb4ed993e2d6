/** Decoder of WebP files in a Worker: wrangler compiles the imported WebAssembly when the Worker is uploaded. */
/// <reference path="./codecs-wasm.d.ts" />
import module from '@cwasm/webp/webp.wasm';
import type { Codec } from '../../../core/image/codecs/codec.ts';
import { webpCodec } from '../../../core/image/codecs/webp.ts';

/** Starts an instance. */
export default (): Codec => webpCodec(module);
