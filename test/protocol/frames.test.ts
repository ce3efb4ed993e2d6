import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FRAME, type Frame, readFrames } from '../../src/protocol/frames.ts';

const frame = fc.record({
  kind: fc.constantFrom(...Object.values(FRAME)),
  payload: fc.uint8Array({ maxLength: 40 }),
});

const join = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

/** A body that arrives in pieces of these lengths, over and over. */
function body(bytes: Uint8Array, pieces: readonly number[]): ReadableStream<Uint8Array> {
  let at = 0;
  let turn = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const size = pieces[turn++ % pieces.length] as number;
      controller.enqueue(bytes.subarray(at, at + size));
      at += size;
    },
  });
}

async function all(stream: ReadableStream<Uint8Array>): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const one of readFrames(stream)) frames.push(one);
  return frames;
}

describe('readFrames', () => {
  it('yields the encoded frames for any chunking of the body', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(frame),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        async (frames, pieces) => {
          const bytes = join(frames.map(({ kind, payload }) => encodeFrame(kind, payload)));
          expect(await all(body(bytes, pieces))).toEqual(frames);
        },
      ),
    );
  });

  it('fails with origin_error for truncated and malformed frames', async () => {
    const bytes = encodeFrame(FRAME.result, Uint8Array.of(1, 2, 3, 4));
    for (let length = 1; length < bytes.length; length++) {
      await expect(all(body(bytes.subarray(0, length), [3]))).rejects.toMatchObject({ code: 'origin_error' });
    }
    await expect(all(body(Uint8Array.of(9, 0, 0, 0, 0), [5]))).rejects.toMatchObject({ code: 'origin_error' });
    await expect(all(body(Uint8Array.of(1, 255, 255, 255, 255), [5]))).rejects.toMatchObject({ code: 'origin_error' });
  });

  it('cancels the body when its consumer stops', async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(encodeFrame(FRAME.progress, new Uint8Array(2))),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const { kind } of readFrames(endless)) if (kind === FRAME.progress) break;
    expect(cancelled).toBe(true);
  });
});
