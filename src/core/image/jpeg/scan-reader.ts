/** Reader of one scan of a JPEG file, a row of units at a time (ITU-T T.81, annexes F.2 and G.2). */
import { BitReader } from './bit-reader.ts';
import type { Component, Frame } from './frame.ts';
import type { Scan } from './parts.ts';

/** Blocks of one component in a row of units, from left to right, and line by line where a unit has several. */
export class Blocks {
  /** 64 coefficients of each block, in zigzag order. */
  readonly coefficients: Int16Array;
  /** Place of the last coefficient of each block that is not zero, or 0. */
  readonly last: Uint8Array;

  constructor(count: number) {
    this.coefficients = new Int16Array(64 * count);
    this.last = new Uint8Array(count);
  }

  clear(): void {
    this.coefficients.fill(0);
    this.last.fill(0);
  }

  /** Sets a coefficient that is not zero. */
  set(block: number, place: number, value: number): void {
    this.coefficients[64 * block + place] = value;
    if (place > (this.last[block] as number)) this.last[block] = place;
  }
}

/** @param component its place in the scan */
type ReadBlock = (blocks: Blocks, block: number, component: number) => void;

export class ScanReader {
  private readonly frame: Frame;
  private readonly scan: Scan;
  private readonly reader: BitReader;
  private readonly readBlock: ReadBlock;
  /** Last mean of each component. */
  private readonly means: Int32Array;
  /** Blocks to come that have no further coefficients in this scan. */
  private endOfBand = 0;
  private untilRestart: number;

  constructor(bytes: Uint8Array, frame: Frame, scan: Scan) {
    this.frame = frame;
    this.scan = scan;
    const { from, high, components, restartInterval } = scan;
    this.reader = new BitReader(bytes, scan.at);
    this.means = new Int32Array(components.length);
    this.untilRestart = restartInterval || Number.POSITIVE_INFINITY;
    this.readBlock = this.readerOf(frame.isProgressive, from > 0, high > 0);
  }

  /** Reads what the scan has of a row of units. @throws Error for damaged data */
  readRow(row: number, blocks: readonly Blocks[]): void {
    const [component = 0, second] = this.scan.components;
    if (second !== undefined) this.readUnits(blocks);
    else this.readBlocks(row, component, blocks[component] as Blocks);
    this.reader.check();
  }

  private readerOf(isProgressive: boolean, isBand: boolean, isRefined: boolean): ReadBlock {
    if (!isProgressive) return (blocks, block, i) => this.sequential(blocks, block, i);
    if (isBand && isRefined) return (blocks, block, i) => this.refineBand(blocks, block, i);
    if (isBand) return (blocks, block, i) => this.band(blocks, block, i);
    if (isRefined) return (blocks, block) => this.refineMean(blocks, block);
    return (blocks, block, i) => this.mean(blocks, block, i);
  }

  private readUnits(all: readonly Blocks[]): void {
    const { unitsWide, components } = this.frame;
    for (let unit = 0; unit < unitsWide; unit++) {
      this.beforeUnit();
      for (const [i, index] of this.scan.components.entries()) {
        const { h, v } = components[index] as Component;
        const blocks = all[index] as Blocks;
        for (let y = 0; y < v; y++) {
          for (let x = 0; x < h; x++) this.readBlock(blocks, (y * unitsWide + unit) * h + x, i);
        }
      }
    }
  }

  /** Blocks of the only component of the scan, without those that lie outside of the image. */
  private readBlocks(row: number, component: number, blocks: Blocks): void {
    const { h, v, blocksWide, blocksHigh } = this.frame.components[component] as Component;
    const stride = this.frame.unitsWide * h;
    for (let y = 0; y < v && row * v + y < blocksHigh; y++) {
      for (let x = 0; x < blocksWide; x++) {
        this.beforeUnit();
        this.readBlock(blocks, y * stride + x, 0);
      }
    }
  }

  private beforeUnit(): void {
    if (this.untilRestart-- > 0) return;
    this.reader.restart();
    this.untilRestart = this.scan.restartInterval - 1;
    this.endOfBand = 0;
    this.means.fill(0);
  }

  private sequential(blocks: Blocks, block: number, component: number): void {
    this.mean(blocks, block, component);
    this.band(blocks, block, component, 1);
  }

  private mean(blocks: Blocks, block: number, component: number): void {
    const bits = this.reader.symbol(this.scan.dc[component] as Uint16Array);
    if (bits > 15) throw new Error('a difference has too many bits');
    const mean = (this.means[component] as number) + this.reader.signed(bits);
    this.means[component] = mean;
    blocks.coefficients[64 * block] = mean << this.scan.low;
  }

  private refineMean({ coefficients }: Blocks, block: number): void {
    const mean = coefficients[64 * block] as number;
    if (this.reader.bits(1) === 1) coefficients[64 * block] = mean | (1 << this.scan.low);
  }

  private band(blocks: Blocks, block: number, component: number, from = this.scan.from): void {
    if (this.endOfBand > 0) {
      this.endOfBand--;
      return;
    }
    const { reader } = this;
    const { to, low } = this.scan;
    const table = this.scan.ac[component] as Uint16Array;
    for (let k = from; k <= to; k++) {
      const symbol = reader.symbol(table);
      const [run, bits] = [symbol >> 4, symbol & 15];
      if (bits === 0 && run < 15) {
        this.endOfBand = (1 << run) + reader.bits(run) - 1;
        return;
      }
      k += run;
      if (bits > 0) {
        if (k > to) throw new Error('a block has too many coefficients');
        blocks.set(block, k, reader.signed(bits) << low);
      }
    }
  }

  /** G.1.2.3: bits of coefficients that are known, between those of coefficients that become 1 or -1 in this scan. */
  private refineBand(blocks: Blocks, block: number, component: number): void {
    const { reader } = this;
    const { from, to, low } = this.scan;
    const table = this.scan.ac[component] as Uint16Array;
    let k = from;
    for (; this.endOfBand === 0 && k <= to; k++) {
      const symbol = reader.symbol(table);
      const [run, bits] = [symbol >> 4, symbol & 15];
      if (bits === 0 && run < 15) {
        this.endOfBand = (1 << run) + reader.bits(run);
        break;
      }
      if (bits > 1) throw new Error('a refined coefficient has too many bits');
      const value = bits === 0 ? 0 : reader.bits(1) === 1 ? 1 << low : -1 << low;
      k = this.refineUntil(blocks, block, k, run);
      if (value !== 0 && k <= to) blocks.set(block, k, value);
    }
    if (this.endOfBand === 0) return;
    this.refineUntil(blocks, block, k, 64);
    this.endOfBand--;
  }

  /** Refines coefficients up to the one behind `zeros` zeros. @returns its place, or one behind the last of the scan */
  private refineUntil({ coefficients, last }: Blocks, block: number, from: number, zeros: number): number {
    const { to, low } = this.scan;
    const bit = 1 << low;
    const end = Math.min(to, last[block] as number);
    let left = zeros;
    let k = from;
    for (; k <= end; k++) {
      const value = coefficients[64 * block + k] as number;
      if (value === 0) {
        if (left-- === 0) return k;
      } else if (this.reader.bits(1) === 1 && (value & bit) === 0) {
        coefficients[64 * block + k] = value + (value > 0 ? bit : -bit);
      }
    }
    return Math.min(k + left, to + 1);
  }
}
