/**
 * Upload of a model. Like binary tensors of the protocol: a JSON part whose length a header gives, then bytes.
 *
 *     { "manifest": { ... }, "files": [ { "path": "model.onnx", "binary_data_size": 310442 }, ... ] }
 *
 * Without that header the body is the ONNX file itself.
 */
import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { safeParse } from '../../core/safe-parse.ts';
import { headerLengthOf } from '../../protocol/open-inference.ts';
import { arriving } from '../http/arriving.ts';
import { PieceReader } from '../http/piece-reader.ts';
import { violationsOf } from '../http/violations.ts';

/** Part of the body that holds a file. Parts must be read in order, each to its end. */
export interface IncomingFile {
  readonly path: string;
  readonly size: number;
  chunks(): AsyncIterable<Uint8Array>;
}

export interface Upload {
  /** Manifest as the client sent it, unchecked. */
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly files: readonly IncomingFile[];
  /** Cancels the rest of the body. */
  cancel(): Promise<void>;
}

const MAX_HEADER_BYTES = 2 ** 20;
const MAX_FILES = 16;
const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

const headerSchema = z.strictObject({
  // Checked once its files have arrived; a schema for arbitrary JSON would recurse to any depth.
  manifest: z.record(z.string(), z.unknown()).default({}),
  files: z
    .array(
      z.strictObject({
        path: z.string().regex(PATH, 'a file name of letters, digits, dot, dash and underscore'),
        binary_data_size: z.int().min(1),
      }),
    )
    .min(1)
    .max(MAX_FILES),
});

export interface UploadLengths {
  /** `Inference-Header-Content-Length` */
  readonly header: string | undefined;
  /** `Content-Length` */
  readonly body: string | undefined;
  /** Maximum total bytes of the files. */
  readonly maxBytes: number;
}

/**
 * Reads the JSON part of an upload; the files are read by the caller.
 * @throws WhylightError `invalid_request`; `payload_too_large` before any file is read
 */
export async function readUpload(body: ReadableStream<Uint8Array> | null, lengths: UploadLengths): Promise<Upload> {
  if (!body) throw empty();
  const reader = new PartReader(body);
  const { manifest, files } = await readHeader(reader, lengths);
  const total = files.reduce((sum, { binary_data_size }) => sum + binary_data_size, 0);
  if (total > lengths.maxBytes) {
    await reader.cancel();
    throw new WhylightError(
      'payload_too_large',
      `The files have ${total} bytes, but at most ${lengths.maxBytes} fit an isolate: use a smaller model.`,
      { bytes: total, max_bytes: lengths.maxBytes },
    );
  }
  return {
    manifest,
    files: files.map(({ path, binary_data_size: size }) => ({ path, size, chunks: () => reader.pass(size, path) })),
    cancel: () => reader.cancel(),
  };
}

async function readHeader(reader: PartReader, lengths: UploadLengths): Promise<z.output<typeof headerSchema>> {
  if (lengths.header === undefined) {
    const size = Number(lengths.body);
    if (lengths.body !== undefined && size === 0) throw empty();
    if (lengths.body === undefined || !Number.isSafeInteger(size) || size < 1) {
      throw new WhylightError(
        'invalid_request',
        'The length of the body must be declared: send Content-Length, and no Content-Encoding.',
      );
    }
    return { manifest: {}, files: [{ path: 'model.onnx', binary_data_size: size }] };
  }
  const length = headerLengthOf(lengths.header, MAX_HEADER_BYTES);
  const text = new TextDecoder().decode(await reader.take(length, 'the JSON part'));
  const parsed = safeParse(headerSchema, jsonOf(text));
  if (parsed.success) return parsed.data;
  const errors = violationsOf(parsed.error.issues);
  throw new WhylightError(
    'invalid_request',
    `The JSON part is invalid: ${errors.map(({ detail, pointer }) => `${pointer} ${detail}`).join('; ')}.`,
    { errors },
  );
}

const empty = () => new WhylightError('invalid_request', 'The body is empty: send the ONNX file.');

function jsonOf(text: string): unknown {
  try {
    return parseJson(text, 'The JSON part');
  } catch (error) {
    throw WhylightError.is(error) ? new WhylightError('invalid_request', error.message) : error;
  }
}

/** Reads a stream in parts of known length. */
class PartReader {
  private readonly reader: PieceReader;
  private rest: Uint8Array = new Uint8Array(0);

  constructor(body: ReadableStream<Uint8Array>) {
    this.reader = new PieceReader(body);
  }

  /** Yields the next `size` bytes. @throws WhylightError `invalid_request` when the stream ends before. */
  async *pass(size: number, what: string): AsyncGenerator<Uint8Array> {
    let left = size;
    while (left > 0) {
      if (this.rest.length === 0) {
        const piece = await arriving(this.reader.read());
        if (!piece) {
          throw new WhylightError('invalid_request', `The body ends ${left} bytes before the end of ${what}.`);
        }
        this.rest = piece;
      }
      const chunk = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(chunk.length);
      left -= chunk.length;
      yield chunk;
    }
  }

  async take(size: number, what: string): Promise<Uint8Array> {
    const bytes = new Uint8Array(size);
    let at = 0;
    for await (const chunk of this.pass(size, what)) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  async cancel(): Promise<void> {
    await this.reader.cancel();
  }
}
