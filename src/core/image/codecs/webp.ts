/** WebP by libwebp. It decodes at full size; a large image is reduced straight from the decoder's memory. */
import { reduceImage } from '../reduce.ts';
import { type CExports, pass, startModule } from './c-module.ts';
import type { Codec } from './codec.ts';

interface WebP extends CExports {
  /** @returns address of the pixels, 0 for a file that cannot be decoded */
  WebPDecodeRGBA(file: number, size: number, width: number, height: number): number;
}

export function webpCodec(module: WebAssembly.Module): Codec {
  const webp = startModule<WebP>(module);
  return {
    memory: () => webp.memory.buffer.byteLength,
    decode(bytes, _header, reduction) {
      const file = pass(webp, bytes);
      const size = pass(webp, new Uint8Array(8));
      const from = webp.WebPDecodeRGBA(file, bytes.length, size, size + 4) >>> 0;
      if (from === 0) throw new Error('the data is damaged or cut short');
      const [width = 0, height = 0] = new Int32Array(webp.memory.buffer, size, 2);
      const view = { width, height, data: new Uint8Array(webp.memory.buffer, from, width * height * 4) };
      for (const pointer of [file, size]) webp.free(pointer);
      if (reduction === 1) return { image: view, release: () => webp.free(from) };
      const image = reduceImage(view, reduction);
      webp.free(from);
      return { image };
    },
  };
}
