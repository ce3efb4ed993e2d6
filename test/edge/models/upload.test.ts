import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IncomingFile, readUpload } from '../../../src/edge/models/upload.ts';

const MOST = 1000;
const encode = (text: string) => new TextEncoder().encode(text);

/** A body that arrives in pieces of these lengths, the rest at once. */
function stream(bytes: Uint8Array, pieces: readonly number[] = []): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      let at = 0;
      for (const size of pieces) {
        if (at < bytes.length) controller.enqueue(bytes.slice(at, at + size));
        at += size;
      }
      if (at < bytes.length) controller.enqueue(bytes.slice(at));
      controller.close();
    },
  });
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<number[]> {
  const all: number[] = [];
  for await (const chunk of chunks) all.push(...chunk);
  return all;
}

const framed = (header: object, ...files: Uint8Array[]) => {
  const json = encode(JSON.stringify(header));
  const body = new Uint8Array([...json, ...files.flatMap((file) => [...file])]);
  return { body, lengths: { header: String(json.length), body: undefined, maxBytes: MOST } };
};

describe('readUpload', () => {
  it('yields the bytes of each file for any chunking of the body', async () => {
    const file = fc.uint8Array({ minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(file, file, fc.array(fc.integer({ min: 1, max: 30 })), async (a, b, pieces) => {
        const { body, lengths } = framed(
          {
            manifest: { name: 'x' },
            files: [
              { path: 'model.onnx', binary_data_size: a.length },
              { path: 'weights.bin', binary_data_size: b.length },
            ],
          },
          a,
          b,
        );
        const upload = await readUpload(stream(body, pieces), lengths);
        expect(upload.manifest).toEqual({ name: 'x' });
        const parts: unknown[] = [];
        for (const { path, chunks } of upload.files) parts.push([path, await collect(chunks())]);
        expect(parts).toEqual([
          ['model.onnx', [...a]],
          ['weights.bin', [...b]],
        ]);
      }),
    );
  });

  it('reads a body without header length as a single ONNX file', async () => {
    const upload = await readUpload(stream(encode('onnx')), { header: undefined, body: '4', maxBytes: MOST });
    expect(upload.files.map(({ path, size }) => [path, size])).toEqual([['model.onnx', 4]]);
  });

  it('reports how many bytes are missing from a truncated file', async () => {
    const { body, lengths } = framed({ files: [{ path: 'model.onnx', binary_data_size: 9 }] }, encode('abc'));
    const upload = await readUpload(stream(body), lengths);
    await expect(collect((upload.files[0] as IncomingFile).chunks())).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('6 bytes before the end of model.onnx'),
    });
  });

  it.each([
    ['no body', null, { header: undefined, body: '4', maxBytes: MOST }, 'invalid_request'],
    [
      'no content length',
      stream(encode('x')),
      { header: undefined, body: undefined, maxBytes: MOST },
      'invalid_request',
    ],
    [
      'a header length that is not a number',
      stream(encode('x')),
      { header: 'ten', body: '1', maxBytes: MOST },
      'invalid_request',
    ],
    [
      'more than maxBytes',
      stream(encode('x')),
      { header: undefined, body: '1001', maxBytes: MOST },
      'payload_too_large',
    ],
    ['a header that is not JSON', stream(encode('{]')), { header: '2', body: '2', maxBytes: MOST }, 'invalid_request'],
  ])('refuses an upload with %s', async (_, body, lengths, code) => {
    await expect(readUpload(body, lengths)).rejects.toMatchObject({ code });
  });

  it('refuses a path that leaves the folder, with a pointer to it', async () => {
    const { body, lengths } = framed({ files: [{ path: '../other', binary_data_size: 1 }] }, encode('x'));
    await expect(readUpload(stream(body), lengths)).rejects.toMatchObject({
      code: 'invalid_request',
      details: { errors: [{ pointer: '#/files/0/path' }] },
    });
  });
});
