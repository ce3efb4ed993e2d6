/** Interleaved 8-bit pixels, and regions of them. */

/** 8-bit pixels of any number of interleaved channels. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Bytes from one pixel to the next, where that is more than the channels: RGBA without its alpha. */
  readonly step?: number;
  readonly data: Uint8Array;
}

/** Rectangle in pixels. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
