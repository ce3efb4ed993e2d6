/** Frame header of a JPEG file (ITU-T T.81, B.2.2). */
import { uint16 } from '../sniff.ts';

/** A colour component. */
export interface Component {
  readonly id: number;
  /** Number of its quantisation table. */
  readonly quantiser: number;
  /** Sampling factors. */
  readonly h: number;
  readonly v: number;
  /** Blocks of 8x8 samples that the image covers, without those that fill up the units of interleaved scans. */
  readonly blocksWide: number;
  readonly blocksHigh: number;
}

export interface Frame {
  readonly isProgressive: boolean;
  readonly width: number;
  readonly height: number;
  readonly components: readonly Component[];
  /** Units of interleaved scans: blocks of all components that lie over the same pixels. */
  readonly unitsWide: number;
  readonly unitsHigh: number;
}

/** Reads the body of an SOF segment. @throws Error where it is damaged */
export function readFrame(body: Uint8Array, isProgressive: boolean): Frame {
  const [height, width, count] = [uint16(body, 1), uint16(body, 3), body[5] ?? 0];
  if (body.length < 6 + 3 * count || count === 0) throw new Error('the header is cut short');
  const raw = Array.from({ length: count }, (_, i) => body.subarray(6 + 3 * i, 9 + 3 * i));
  // A single component is never interleaved, whatever its factors.
  const factors = raw.map(([, both = 0x11]) => (count === 1 ? { h: 1, v: 1 } : { h: both >> 4, v: both & 15 }));
  if (factors.some(({ h, v }) => h < 1 || h > 4 || v < 1 || v > 4)) throw new Error('the sampling factors are damaged');
  const [wide, high] = [Math.max(...factors.map(({ h }) => h)), Math.max(...factors.map(({ v }) => v))];
  const components = factors.map(({ h, v }, i) => ({
    id: raw[i]?.[0] as number,
    quantiser: raw[i]?.[2] as number,
    h,
    v,
    blocksWide: Math.ceil(Math.ceil((width * h) / wide) / 8),
    blocksHigh: Math.ceil(Math.ceil((height * v) / high) / 8),
  }));
  const [unitsWide, unitsHigh] = [Math.ceil(width / (8 * wide)), Math.ceil(height / (8 * high))];
  return { isProgressive, width, height, components, unitsWide, unitsHigh };
}
