import { expect, it } from 'vitest';
import { PieceReader } from '../../../src/edge/http/piece-reader.ts';

const MIB = 2 ** 20;

/** Bytes that differ from place to place. */
const bytesOf = (length: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 255);

async function piecesOf(body: ReadableStream<Uint8Array>): Promise<Uint8Array[]> {
  const reader = new PieceReader(body);
  const pieces: Uint8Array[] = [];
  for (let piece = await reader.read(); piece; piece = await reader.read()) pieces.push(piece.slice());
  return pieces;
}

const joined = async (pieces: readonly Uint8Array[]): Promise<Uint8Array> =>
  new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());

it('reads the body of a request in pieces of 256 KiB, and the rest as one more', async () => {
  const sent = bytesOf(MIB + 1000);
  const request = new Request('https://example.com', { method: 'PUT', body: sent });
  const pieces = await piecesOf(request.body as ReadableStream<Uint8Array>);
  expect(pieces.map(({ length }) => length)).toEqual([MIB / 4, MIB / 4, MIB / 4, MIB / 4, 1000]);
  expect(await joined(pieces)).toEqual(sent);
});

it('fills a piece from many chunks, wherever they end', async () => {
  const sent = bytesOf(MIB / 2 + 7);
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const send = async () => {
    for (let at = 0; at < sent.length; at += 4001) await writer.write(sent.subarray(at, at + 4001));
    await writer.close();
  };
  const [pieces] = await Promise.all([piecesOf(readable), send()]);
  expect(pieces.map(({ length }) => length)).toEqual([MIB / 4, MIB / 4, 7]);
  expect(await joined(pieces)).toEqual(sent);
});

it('passes on the chunks of a stream that cannot fill a buffer', async () => {
  const chunks = [bytesOf(3), bytesOf(500)];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  expect(await piecesOf(body)).toEqual(chunks);
});

it('throws the error of a body that fails', async () => {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const pieces = piecesOf(readable);
  const failed = expect(pieces).rejects.toThrow('the client left');
  await writer.abort(new Error('the client left')).catch(() => undefined);
  await failed;
});
