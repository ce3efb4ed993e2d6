/** Writer of a sequential JPEG file in one scan (ITU-T T.81, annexes B and F.1.2), from coefficients. */
import { encodingTable, type HuffmanCodes, type HuffmanTable } from './huffman.ts';
import type { JpegParts } from './parts.ts';
import type { Blocks } from './scan-reader.ts';

/** Codes of 4 and 5 bits for the numbers of bits of a difference of means. */
const DC_TABLE: HuffmanTable = {
  counts: [0, 0, 0, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  symbols: Array.from({ length: 16 }, (_, bits) => bits),
};

const END_OF_BLOCK = 0x00;
const SIXTEEN_ZEROS = 0xf0;

/**
 * Codes of all coefficients of up to 15 bits. Short runs of zeros before small coefficients are the most frequent and have
 * the shortest codes; counted for an image, the codes would be a few percent shorter.
 */
const AC_TABLE: HuffmanTable = {
  counts: [0, 1, 2, 1, 3, 4, 8, 16, 24, 40, 143, 0, 0, 0, 0, 0],
  symbols: [
    END_OF_BLOCK,
    ...Array.from({ length: 256 }, (_, symbol) => symbol)
      .filter((symbol) => (symbol & 15) > 0 || symbol === SIXTEEN_ZEROS)
      .sort((a, b) => frequencyRank(a) - frequencyRank(b)),
  ],
};

function frequencyRank(symbol: number): number {
  return (symbol >> 4) + 2 * (symbol & 15);
}

export class SequentialWriter {
  private readonly parts: JpegParts;
  private bytes: Uint8Array;
  private at = 0;
  private buffer = 0;
  private count = 0;
  private readonly dc = encodingTable(DC_TABLE);
  private readonly ac = encodingTable(AC_TABLE);
  /** Last mean of each component. */
  private readonly means: Int32Array;

  /** @param expected bytes of the file, more or less */
  constructor(parts: JpegParts, expected: number) {
    this.parts = parts;
    this.bytes = new Uint8Array(expected);
    this.means = new Int32Array(parts.frame.components.length);
    this.writeHeaders();
  }

  writeRow(all: readonly Blocks[]): void {
    const { components, unitsWide } = this.parts.frame;
    for (let unit = 0; unit < unitsWide; unit++) {
      for (const [i, { h, v }] of components.entries()) {
        const blocks = all[i] as Blocks;
        for (let y = 0; y < v; y++) {
          for (let x = 0; x < h; x++) this.writeBlock(blocks, (y * unitsWide + unit) * h + x, i);
        }
      }
    }
  }

  /** Ends the file. */
  end(): Uint8Array {
    this.write((1 << 7) - 1, 7); // ones fill up the last byte
    this.reserve(2);
    this.bytes.set([0xff, 0xd9], this.at);
    return this.bytes.subarray(0, this.at + 2);
  }

  private writeHeaders(): void {
    const { frame, quantisation, colours } = this.parts;
    const { components, width, height } = frame;
    this.append([0xff, 0xd8]);
    for (const segment of colours) this.append(segment);
    for (const [i, table] of quantisation.entries()) {
      this.segment(0xdb, [(table[0] as number) | i, ...table.subarray(1)]);
    }
    const count = components.length;
    const frameParts = components.flatMap(({ id, h, v }, i) => [id, (h << 4) | v, i]);
    this.segment(0xc1, [8, height >> 8, height & 255, width >> 8, width & 255, count, ...frameParts]);
    this.segment(0xc4, [0x00, ...Array.from(DC_TABLE.counts), ...Array.from(DC_TABLE.symbols)]);
    this.segment(0xc4, [0x10, ...Array.from(AC_TABLE.counts), ...Array.from(AC_TABLE.symbols)]);
    this.segment(0xda, [count, ...components.flatMap(({ id }) => [id, 0x00]), 0, 63, 0]);
  }

  private segment(marker: number, body: readonly number[]): void {
    const length = body.length + 2;
    this.append([0xff, marker, length >> 8, length & 255, ...body]);
  }

  private append(bytes: ArrayLike<number>): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  private writeBlock({ coefficients, last }: Blocks, block: number, component: number): void {
    const start = 64 * block;
    const mean = coefficients[start] as number;
    this.writeBits(mean - (this.means[component] as number), 0, this.dc);
    this.means[component] = mean;
    let run = 0;
    const end = start + (last[block] as number);
    for (let at = start + 1; at <= end; at++) {
      const value = coefficients[at] as number;
      if (value === 0) run++;
      else {
        for (; run > 15; run -= 16) this.writeSymbol(SIXTEEN_ZEROS);
        this.writeBits(value, run << 4, this.ac);
        run = 0;
      }
    }
    if (end < start + 63) this.writeSymbol(END_OF_BLOCK);
  }

  /** Writes the code of a run of zeros and a number of bits, and those bits (F.1.2.1). */
  private writeBits(value: number, run: number, { codes, lengths }: HuffmanCodes): void {
    const bits = 32 - Math.clz32(Math.abs(value));
    // Only damaged files have so large ones.
    if (bits > 15) throw new Error('a coefficient has too many bits');
    this.write(codes[run | bits] as number, lengths[run | bits] as number);
    this.write(value < 0 ? value - 1 : value, bits);
  }

  private writeSymbol(symbol: number): void {
    this.write(this.ac.codes[symbol] as number, this.ac.lengths[symbol] as number);
  }

  /** Writes the lowest bits of a value, 16 at most. */
  private write(value: number, length: number): void {
    this.buffer = (this.buffer << length) | (value & ((1 << length) - 1));
    this.count += length;
    if (this.at + 8 > this.bytes.length) this.reserve(8);
    while (this.count >= 8) {
      this.count -= 8;
      const byte = (this.buffer >>> this.count) & 0xff;
      this.bytes[this.at++] = byte;
      if (byte === 0xff) this.bytes[this.at++] = 0; // no marker
    }
  }

  private reserve(length: number): void {
    if (this.at + length <= this.bytes.length) return;
    const larger = new Uint8Array(Math.ceil(1.25 * (this.at + length)) + 1024);
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
  }
}
