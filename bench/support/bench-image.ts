/** The image that measurements of the edge ask about. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import encodeJpeg, { init as initJpeg } from '@jsquash/jpeg/encode.js';
import { resize } from '../../src/core/image/resize.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';

/** Makes a JPEG of the cat at another size, quality 85. */
export async function catJpeg(width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const { resolve } = createRequire(import.meta.url);
  const wasm = await WebAssembly.compile(readFileSync(resolve('@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm')));
  await (initJpeg as (module: WebAssembly.Module) => Promise<void>)(wasm);
  const cat = await nodeCodecs().decode(readFileSync('examples/photos/cat.jpg'));
  const resized = resize({ ...cat, channels: 4 }, width, height, 'bilinear');
  return new Uint8Array(await encodeJpeg(resized as never, { quality: 85 }));
}
