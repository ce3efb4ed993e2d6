/** Codecs of every format, from WebAssembly that the platform loads. */
import type { ImageFormat } from '../formats.ts';
import { type CodecOptions, createImageCodecs, type ImageCodecs } from './codecs.ts';
import { jpegCodec } from './jpeg.ts';
import { pngCodec } from './png.ts';
import { webpCodec } from './webp.ts';

/** Loaders of the compiled codecs; each is called when it is first needed. */
type CodecModules = Readonly<Record<ImageFormat, () => WebAssembly.Module | Promise<WebAssembly.Module>>>;

/** Makes codecs that decode every format. */
export function allImageCodecs(modules: CodecModules, options: CodecOptions): ImageCodecs {
  const png = async () => pngCodec(await modules.png());
  const jpeg = async () => jpegCodec(await modules.jpeg());
  const webp = async () => webpCodec(await modules.webp());
  return createImageCodecs({ jpeg, png, webp }, png, options);
}
