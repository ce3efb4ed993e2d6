/** JPEG by libjpeg-turbo, which divides by 2, 4 or 8 while it transforms: large photos are never held at full size. */
import { allocate, type CExports, pass, startModule } from './c-module.ts';
import { type Codec, reduced } from './codec.ts';
import { isRewritten } from './memory.ts';

/** The TurboJPEG functions that the module exports. */
interface TurboJpeg extends CExports {
  tjInitDecompress(): number;
  tjDestroy(handle: number): number;
  tjDecompressHeader3(handle: number, file: number, size: number, ...results: number[]): number;
  tjDecompress2(
    handle: number,
    file: number,
    size: number,
    to: number,
    width: number,
    pitch: number,
    height: number,
    pixelFormat: number,
    flags: number,
  ): number;
}

/** Pixel formats of TurboJPEG. */
const RGBA = 7;
const CMYK = 11;

/** Warning after which the image is whole: bytes too many between two segments do no harm. */
const HARMLESS = /^Corrupt JPEG data: \d+ extraneous bytes/;

export function jpegCodec(module: WebAssembly.Module): Codec {
  const turbo = startModule<TurboJpeg>(module);
  const warning = warningReader(module, turbo);
  return {
    memory: () => turbo.memory.buffer.byteLength,
    // Loaded by the first file that needs it.
    prepare: async (bytes, header) =>
      isRewritten(header) ? (await import('../jpeg/sequential.ts')).toSequentialJpeg(bytes) : bytes,
    decode(bytes, header, reduction) {
      const file = pass(turbo, bytes);
      const handle = turbo.tjInitDecompress();
      const info = allocate(turbo, 16);
      const [width, height] = [reduced(header.width, reduction), reduced(header.height, reduction)];
      const to = allocate(turbo, width * height * 4);
      const isCmyk = header.components === 4;
      try {
        turbo.tjDecompressHeader3(handle, file, bytes.length, info, info + 4, info + 8, info + 12);
        const [storedWidth = 0, storedHeight = 0] = new Int32Array(turbo.memory.buffer, info, 2);
        if (storedWidth !== header.width || storedHeight !== header.height) {
          throw new Error(
            `one header says ${header.width}x${header.height}, another ${storedWidth}x${storedHeight} pixels`,
          );
        }
        const format = isCmyk ? CMYK : RGBA;
        const status = turbo.tjDecompress2(handle, file, bytes.length, to, width, width * 4, height, format, 0);
        if (status !== 0 && !HARMLESS.test(warning())) throw new Error(warning());
      } catch (error) {
        throw new Error(warning() || (error as Error).message, { cause: error });
      }
      turbo.tjDestroy(handle);
      for (const pointer of [file, info]) turbo.free(pointer);
      const data = new Uint8Array(turbo.memory.buffer, to, width * height * 4);
      if (isCmyk) fromCmyk(data);
      return { image: { width, height, data, opaque: true }, release: () => turbo.free(to) };
    },
  };
}

/**
 * Converts CMYK to RGB in place. The components are stored inverted (255 is no ink), as Adobe writes them and as all
 * readers take them to be.
 */
function fromCmyk(data: Uint8Array): void {
  for (let i = 0; i < data.length; i += 4) {
    const black = data[i + 3] as number;
    for (let c = 0; c < 3; c++) data[i + c] = Math.round(((data[i + c] as number) * black) / 255);
    data[i + 3] = 255;
  }
}

const NO_WARNING = 'No error';

const latin1 = ({ memory }: CExports, from: number, to: number): string =>
  String.fromCharCode(...new Uint8Array(memory.buffer, from, to - from));

/** Reads the last message of the C code. Its place, the same in every instance, is looked for where there is one. */
function warningReader(module: WebAssembly.Module, turbo: CExports): () => string {
  let address: number | undefined;
  return () => {
    address ??= warningAddress(startModule(module));
    if (address < 0) return 'the data is damaged or cut short';
    const [text = ''] = latin1(turbo, address, address + 200).split('\0', 1);
    return text === NO_WARNING ? '' : text;
  };
}

/**
 * Finds the C code's buffer of its last message, which no exported function returns: the place in static memory that
 * holds "No error" as its own terminated text at the start; the last of them is the variable, the first the constant.
 * @param started an instance that has decoded nothing
 * @returns -1 where there is none
 */
function warningAddress(started: CExports): number {
  const size = started.memory.buffer.byteLength;
  let address = -1;
  for (let at = 0; at < size; at += 4096) {
    const found = latin1(started, at, Math.min(at + 4096 + NO_WARNING.length, size)).lastIndexOf(`${NO_WARNING}\0`);
    if (found >= 0) address = at + found;
  }
  return address;
}
