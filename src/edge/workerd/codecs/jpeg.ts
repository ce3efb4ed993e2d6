/** Decoder of JPEG files in a Worker: wrangler compiles the imported WebAssembly when the Worker is uploaded. */
/// <reference path="./codecs-wasm.d.ts" />
import module from '@cwasm/jpeg-turbo/jpeg-turbo.wasm';
import type { Codec } from '../../../core/image/codecs/codec.ts';
import { jpegCodec } from '../../../core/image/codecs/jpeg.ts';

/** Starts an instance. */
export default (): Codec => jpegCodec(module);
