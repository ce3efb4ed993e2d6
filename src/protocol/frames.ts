/** Frames of an origin's response: a kind (one byte), a length (uint32, little-endian) and that many bytes. */
import { WhylightError } from '../core/errors.ts';

export const FRAME = { progress: 1, partial: 2, result: 3, failure: 4 } as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Uint8Array;
}

export const FRAMES_TYPE = 'application/vnd.whylight.frames';

const HEADER = 5;

/** No map of an image that we take comes near. */
const MAX_BYTES = 256 * 2 ** 20;

export function encodeFrame(kind: FrameKind, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(HEADER + payload.length);
  out[0] = kind;
  new DataView(out.buffer).setUint32(1, payload.length, true);
  out.set(payload, HEADER);
  return out;
}

/**
 * The frames of a body, as they arrive.
 * @throws WhylightError `origin_error` for a body that is none or ends within a frame
 */
export async function* readFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  const buffer = new Pending();
  for await (const chunk of chunksOf(body)) {
    buffer.add(chunk);
    for (let frame = take(buffer); frame; frame = take(buffer)) yield frame;
  }
  if (buffer.length > 0) throw new WhylightError('origin_error', 'The answer of the origin was cut off.');
}

/** Not every platform can iterate a stream. Leaving the loop early cancels what is left. */
export async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    // What is cut off already cannot be cancelled; that is no news.
    await reader.cancel().catch(() => undefined);
  }
}

function take(buffer: Pending): Frame | undefined {
  if (buffer.length < HEADER) return undefined;
  const head = buffer.peek(HEADER);
  const kind = head[0] as FrameKind;
  const length = new DataView(head.buffer, head.byteOffset).getUint32(1, true);
  if (!(kind >= FRAME.progress && kind <= FRAME.failure) || length > MAX_BYTES) {
    throw new WhylightError('origin_error', 'The origin answered with something that is not an answer.');
  }
  if (buffer.length < HEADER + length) return undefined;
  buffer.take(HEADER);
  return { kind, payload: buffer.take(length) };
}

/** Chunks that wait to be put together; each byte is copied once. */
class Pending {
  length = 0;
  private chunks: Uint8Array[] = [];

  add(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.chunks.push(chunk);
    this.length += chunk.length;
  }

  peek(size: number): Uint8Array {
    if ((this.chunks[0] as Uint8Array).length < size) this.chunks = [this.join(this.length)];
    return (this.chunks[0] as Uint8Array).subarray(0, size);
  }

  take(size: number): Uint8Array {
    if (size === 0) return new Uint8Array(0);
    const out = this.join(size);
    let left = size;
    while (left > 0) {
      const first = this.chunks[0] as Uint8Array;
      if (first.length > left) this.chunks[0] = first.subarray(left);
      else this.chunks.shift();
      left -= Math.min(left, first.length);
    }
    this.length -= size;
    return out;
  }

  private join(size: number): Uint8Array {
    const out = new Uint8Array(size);
    let at = 0;
    for (const chunk of this.chunks) {
      if (at >= size) break;
      out.set(chunk.subarray(0, size - at), at);
      at += chunk.length;
    }
    return out;
  }
}
