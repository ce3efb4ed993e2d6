/** Reads a body in large pieces. */

/**
 * Bytes of a piece. A Worker passes 4 KiB at a time to a reader that brings no buffer, and each turn of an isolate costs
 * others about 0.1 ms: 30 to 90 ms for a model of 1.5 MB.
 */
const PIECE_BYTES = 2 ** 18;

/** `min` is newer than the types of BYOB readers; a platform that ignores it returns smaller pieces. */
type Fill = (view: Uint8Array, options: { readonly min: number }) => Promise<ReadableStreamReadResult<Uint8Array>>;

export class PieceReader {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array> | ReadableStreamBYOBReader;
  private readonly next: () => Promise<ReadableStreamReadResult<Uint8Array>>;
  private buffer = new ArrayBuffer(0);

  constructor(body: ReadableStream<Uint8Array>) {
    const byob = byobReader(body);
    if (byob) {
      const fill = byob.read.bind(byob) as Fill;
      this.reader = byob;
      this.next = () => fill(new Uint8Array(this.own()), { min: PIECE_BYTES });
    } else {
      const reader = body.getReader();
      this.reader = reader;
      this.next = () => reader.read();
    }
  }

  /**
   * Reads the next piece. Its bytes are valid until the next call.
   * @returns undefined at the end of the body
   */
  async read(): Promise<Uint8Array | undefined> {
    const { value } = await this.next();
    // The last piece of a body that ends within it comes with `done`.
    if (!value?.byteLength) return undefined;
    this.buffer = value.buffer as ArrayBuffer;
    return value;
  }

  async cancel(): Promise<void> {
    await this.reader.cancel().catch(() => undefined);
  }

  /** The buffer of the piece before, which nobody uses any more. */
  private own(): ArrayBuffer {
    return this.buffer.byteLength === PIECE_BYTES ? this.buffer : new ArrayBuffer(PIECE_BYTES);
  }
}

/** @returns undefined for a stream that cannot fill a buffer */
function byobReader(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: 'byob' });
  } catch {
    return undefined;
  }
}
