/** Interleaved 8-bit pixels, and regions of them. */

/** 8-bit pixels of any number of interleaved channels. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Bytes from one pixel to the next, where that is more than the channels: RGBA without its alpha. */
  readonly step?: number;
  readonly data: Uint8Array;
  /** Part that is resized, where that is not all: edges may lie within a pixel. */
  readonly covered?: Region;
}

/** Rectangle in pixels. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One axis of an image: its pixels, and the part of them that is resized. */
export interface Axis {
  readonly length: number;
  /** Start and extent of the part, in pixels; fractions are parts of a pixel. */
  readonly start: number;
  readonly extent: number;
}

/** Columns and rows of an image as they are resized. */
export function axesOf({ width, height, covered }: Omit<Pixels, 'channels' | 'data'>): { columns: Axis; rows: Axis } {
  const part = covered ?? { x: 0, y: 0, width, height };
  return {
    columns: { length: width, start: part.x, extent: part.width },
    rows: { length: height, start: part.y, extent: part.height },
  };
}
