/** The contract of the decoders of single file formats, each over a WebAssembly instance of its own. */
import type { Image } from '../image.ts';
import type { ImageHeader } from '../sniff.ts';

/** Factor by which both sides of an image are divided while it is decoded. */
export type Reduction = 1 | 2 | 4 | 8;

/** A decoded image. */
export interface Decoded {
  readonly image: Image;
  /** Gives its pixels back to the decoder, whose memory they lie in; absent where they are the image's own. */
  readonly release?: () => void;
}

/** Decoder of one file format. */
export interface Codec {
  /**
   * Makes a file of the same pixels that takes less memory to decode; absent where no file needs that.
   * @returns the file itself where it is as good
   * @throws Error with the reason
   */
  prepare?(bytes: Uint8Array, header: ImageHeader): Uint8Array | Promise<Uint8Array>;
  /**
   * Decodes a file to RGBA at `ceil(side / reduction)` pixels a side, before the orientation is applied.
   * @throws Error with the reason; after that the instance must not be used again
   */
  decode(bytes: Uint8Array, header: ImageHeader, reduction: Reduction): Decoded;
  /** Bytes of linear memory held; it never shrinks. */
  memory(): number;
}

/** A length in pixels after reduction. */
export const reduced = (length: number, reduction: Reduction): number => Math.ceil(length / reduction);
