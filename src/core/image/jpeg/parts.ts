/** Segments of a JPEG file in Huffman codes (ITU-T T.81, annex B). */
import { uint16 } from '../sniff.ts';
import { type Frame, readFrame } from './frame.ts';
import { decodingTable, type HuffmanTable } from './huffman.ts';

/** A scan: some bits of some coefficients of its components. */
export interface Scan {
  /** Indices of components. */
  readonly components: readonly number[];
  /** Decoding tables of the codes that it has, for each component of the scan. */
  readonly dc: readonly Uint16Array[];
  readonly ac: readonly Uint16Array[];
  /** First and last coefficient, in zigzag order. */
  readonly from: number;
  readonly to: number;
  /** Lowest bit of the coefficients that the scans before it have given, or 0 for their first scan. */
  readonly high: number;
  /** Lowest bit that this scan gives. */
  readonly low: number;
  /** Units, or blocks of a scan of one component, between two restart markers; 0 for none. */
  readonly restartInterval: number;
  /** Position of its data in the file. */
  readonly at: number;
}

export interface JpegParts {
  readonly frame: Frame;
  readonly scans: readonly Scan[];
  /** Segments that say which colours the components are (JFIF and Adobe), marker included. */
  readonly colours: readonly Uint8Array[];
  /** Contents of DQT segments for each component, the number of the table left out: 0 or 16, and 64 or 128 bytes. */
  readonly quantisation: readonly Uint8Array[];
}

/** Maximum number of scans: writers make about ten, and each costs time over the whole image. */
const MAX_SCANS = 64;

const [SOF0, SOF1, SOF2, DHT, SOI, EOI, SOS, DQT, DRI, APP0, APP14] = [
  0xc0, 0xc1, 0xc2, 0xc4, 0xd8, 0xd9, 0xda, 0xdb, 0xdd, 0xe0, 0xee,
];

/** Reads the segments of a file. @throws Error for damaged segments, and for frames in other codes than Huffman's */
export function readParts(bytes: Uint8Array): JpegParts {
  const reader = new SegmentReader(bytes);
  reader.read();
  const { frame, scans, colours, latched } = reader;
  if (!frame || scans.length === 0) throw new Error('no scan follows the header');
  const quantisation = frame.components.map((_, i) => {
    const table = latched[i];
    if (!table) throw new Error('a colour component has no scan');
    return table;
  });
  return { frame, scans, colours, quantisation };
}

class SegmentReader {
  frame: Frame | undefined;
  readonly scans: Scan[] = [];
  readonly colours: Uint8Array[] = [];
  /** Quantisation tables by component, as they were at the first scan of each. */
  readonly latched: (Uint8Array | undefined)[] = [];
  private readonly tables = new Map<number, Uint8Array>();
  private readonly huffman = new Map<number, HuffmanTable>();
  private readonly decoding = new Map<HuffmanTable, Uint16Array>();
  private restartInterval = 0;

  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  read(): void {
    const { bytes } = this;
    for (let at = 0; ; ) {
      at = bytes.indexOf(0xff, at);
      if (at < 0 || at + 1 >= bytes.length) throw new Error('the end of the image is missing');
      const marker = bytes[at + 1] as number;
      if (marker === EOI) return;
      if (marker === 0xff) at++;
      else if (marker <= 1 || (marker >= 0xd0 && marker <= SOI)) at += 2;
      else {
        const end = at + 2 + uint16(bytes, at + 2);
        if (end < at + 4 || end > bytes.length) throw new Error('a segment is cut short');
        this.segment(marker, at, bytes.subarray(at + 4, end), end);
        at = end;
      }
    }
  }

  private segment(marker: number, at: number, body: Uint8Array, end: number): void {
    if (marker === SOF0 || marker === SOF1 || marker === SOF2) {
      if (this.frame) throw new Error('there are two headers');
      this.frame = readFrame(body, marker === SOF2);
    } else if (marker > SOF2 && marker <= 0xcf && marker !== DHT && marker !== 0xc8) {
      throw new Error('the data is not in Huffman codes');
    } else if (marker === DHT) this.readHuffman(body);
    else if (marker === DQT) this.readQuantisation(body);
    else if (marker === DRI) this.restartInterval = uint16(body, 0);
    else if (marker === SOS) this.readScan(body, end);
    else if (marker === APP0 || marker === APP14) this.colours.push(this.bytes.subarray(at, end));
  }

  private readHuffman(body: Uint8Array): void {
    for (let at = 0; at < body.length; ) {
      const counts = body.subarray(at + 1, at + 17);
      const length = counts.reduce((sum, count) => sum + count, 0);
      this.huffman.set(body[at] as number, { counts, symbols: body.subarray(at + 17, at + 17 + length) });
      at += 17 + length;
    }
  }

  private readQuantisation(body: Uint8Array): void {
    for (let at = 0; at < body.length; ) {
      const [precision, id] = [(body[at] as number) & 0xf0, (body[at] as number) & 15];
      const end = at + 1 + (precision ? 128 : 64);
      if (end > body.length) throw new Error('a quantisation table is cut short');
      const table = body.slice(at, end);
      table[0] = precision;
      this.tables.set(id, table);
      at = end;
    }
  }

  private readScan(body: Uint8Array, at: number): void {
    const { frame, scans } = this;
    const count = body[0] ?? 0;
    if (!frame || count === 0 || body.length < 4 + 2 * count) throw new Error('the header of a scan is damaged');
    if (scans.length === MAX_SCANS) throw new Error(`there are more than ${MAX_SCANS} scans`);
    const parts = Array.from({ length: count }, (_, i) => body.subarray(1 + 2 * i, 3 + 2 * i));
    const components = parts.map(([id]) => frame.components.findIndex((component) => component.id === id));
    if (components.includes(-1)) throw new Error('a scan is of a colour component that is not in the header');
    for (const i of components) this.latched[i] ??= this.tables.get(frame.components[i]?.quantiser as number);
    const [first = 0, last = 0, bits = 0] = body.subarray(1 + 2 * count);
    const { isProgressive } = frame;
    const [from, to, high, low] = isProgressive ? [first, last, bits >> 4, bits & 15] : [0, 63, 0, 0];
    const table = (id: number): Uint16Array => this.decodingOf(id);
    scans.push({
      components,
      dc: from === 0 && high === 0 ? parts.map(([, ids = 0]) => table(ids >> 4)) : [],
      ac: to > 0 ? parts.map(([, ids = 0]) => table(0x10 | (ids & 15))) : [],
      from,
      to,
      high,
      low,
      restartInterval: this.restartInterval,
      at,
    });
  }

  private decodingOf(id: number): Uint16Array {
    const table = this.huffman.get(id);
    if (!table) throw new Error('a Huffman table is missing');
    const decoding = this.decoding.get(table) ?? decodingTable(table);
    this.decoding.set(table, decoding);
    return decoding;
  }
}
