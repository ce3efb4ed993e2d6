/**
 * PNG files of at most 256 colours, made without a compressor: for small images inside of drawings.
 * @see W3C, "Portable Network Graphics (PNG) Specification", and RFC 1950 and 1951 (stored blocks)
 */
import { joinBytes } from '../../core/bytes.ts';
import { crc32 } from '../../core/image/png-checksums.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const MAX_BLOCK = 65_535;

/**
 * @param indices of the palette, row after row from the top
 * @param palette three bytes a colour
 */
export function indexedPng(width: number, height: number, indices: Uint8Array, palette: Uint8Array): Uint8Array {
  const rows = new Uint8Array(height * (width + 1));
  // Each row begins with its filter: none.
  for (let y = 0; y < height; y++) rows.set(indices.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const header = [...int(width), ...int(height), 8, 3, 0, 0, 0];
  return joinBytes([
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', Uint8Array.from(header)),
    chunk('PLTE', palette),
    chunk('IDAT', stored(rows)),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** A zlib stream of stored blocks. */
function stored(data: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [Uint8Array.of(0x78, 0x01)];
  for (let at = 0; at < data.length || at === 0; at += MAX_BLOCK) {
    const part = data.subarray(at, at + MAX_BLOCK);
    const last = at + MAX_BLOCK >= data.length ? 1 : 0;
    const length = [part.length & 255, part.length >> 8];
    blocks.push(Uint8Array.of(last, ...length, ...length.map((byte) => byte ^ 255)), part);
  }
  return joinBytes([...blocks, Uint8Array.from(int(adler32(data)))]);
}

function chunk(name: string, content: Uint8Array): Uint8Array {
  const body = joinBytes([new TextEncoder().encode(name), content]);
  return joinBytes([Uint8Array.from(int(content.length)), body, Uint8Array.from(int(crc32(body)))]);
}

/** Four bytes, the highest first. */
const int = (value: number): number[] => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

function adler32(data: Uint8Array): number {
  let [a, b] = [1, 0];
  for (const byte of data) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return ((b << 16) | a) >>> 0;
}
